import Dispatch
import Glibc
import Store

/// Sends one request again and again over kept connections, each waiting for its reply before the next.
///
/// One thread and bare sockets: what the load itself costs is taken from the server on the same machine.
struct HTTPLoad {
    /// What became of the requests.
    struct Outcome {
        var statuses: [Int: Int] = [:]
        var seconds = 0.0
    }

    let port: Int
    let connections: Int
    /// The whole request.
    let request: [UInt8]

    /// Sends requests until so many were answered.
    ///
    /// - Throws: ``BenchError`` if the server hangs up, or stays silent for 10 s.
    func run(requests: Int) async throws -> Outcome {
        try await withCheckedThrowingContinuation { continuation in
            // A thread of its own: it blocks.
            DispatchQueue(label: "bench.http").async {
                continuation.resume(with: Result { try drive(requests) })
            }
        }
    }

    private func drive(_ requests: Int) throws -> Outcome {
        var sockets: [CInt] = []
        defer { for descriptor in sockets { close(descriptor) } }
        for _ in 0..<connections { sockets.append(try connect()) }
        var polled = sockets.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var scanners = sockets.map { _ in HTTPReplyScanner() }
        var outcome = Outcome()
        let started = ContinuousClock.now
        var sent = 0
        var answered = 0
        for descriptor in sockets where sent < requests {
            try send(on: descriptor)
            sent += 1
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { buffer.deallocate() }
        while answered < requests {
            let count = poll(&polled, nfds_t(polled.count), 10_000)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw BenchError("the API does not answer") }
            for position in sockets.indices where polled[position].revents != 0 {
                let received = recv(sockets[position], buffer.baseAddress, buffer.count, 0)
                guard received > 0 else { throw BenchError("the API hung up") }
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<received])
                guard let status = scanners[position].received(bytes) else { continue }
                outcome.statuses[status, default: 0] += 1
                answered += 1
                if sent < requests {
                    try send(on: sockets[position])
                    sent += 1
                }
            }
        }
        outcome.seconds = started.duration(to: .now).seconds
        return outcome
    }

    private func connect() throws -> CInt {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw BenchError("no socket: errno \(errno)") }
        var on: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            close(descriptor)
            throw BenchError("no connection to the API: errno \(errno)")
        }
        return descriptor
    }

    /// A request is far smaller than a socket's buffer, so this does not block.
    private func send(on descriptor: CInt) throws {
        let count = request.withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
        }
        guard count == request.count else { throw BenchError("the API takes no request: errno \(errno)") }
    }
}
