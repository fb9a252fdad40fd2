import Glibc
import Redis
import TestKit
import Testing

/// A Redis server of one test's own, which it may stop, kill and start again.
final class PrivateRedis {
    let port: Int
    private let directory: TemporaryDirectory
    private let arguments: [String]
    private var process: ChildProcess?

    private init(directory: TemporaryDirectory, port: Int, arguments: [String]) throws {
        self.directory = directory
        self.port = port
        self.arguments = arguments
        try start()
    }

    /// Runs the body with a server that answers.
    static func with(
        _ arguments: [String] = [],
        isEncrypted: Bool = false,
        directory: TemporaryDirectory? = nil,
        _ body: (PrivateRedis) async throws -> Void
    ) async throws {
        let port = try FreePort.find()
        let ports = isEncrypted ? ["--port", "0", "--tls-port", "\(port)"] : ["--port", "\(port)"]
        let directory = try directory ?? TemporaryDirectory()
        let server = try PrivateRedis(
            directory: directory,
            port: port,
            arguments: ports + ["--bind", "127.0.0.1", "--save", "", "--dir", directory.path] + arguments
        )
        try #require(
            try await eventually(within: .seconds(20)) { server.accepts },
            "redis-server does not listen"
        )
        try await body(server)
        server.kill()
    }

    func start() throws {
        process = try ChildProcess(["redis-server"] + arguments)
    }

    /// Kills it without notice.
    func kill() {
        process?.remove()
        process = nil
    }

    func pause() { process?.signal(SIGSTOP) }

    func resume() { process?.signal(SIGCONT) }

    var accepts: Bool {
        guard let descriptor = try? loopbackSocket() else { return false }
        defer { close(descriptor) }
        return withLoopbackAddress(port: port) { connect(descriptor, $0, $1) } == 0
    }
}

func loopbackSocket() throws -> CInt {
    let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    try #require(descriptor >= 0)
    return descriptor
}

func withLoopbackAddress(port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}

func boundPort(of descriptor: CInt) -> Int {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    return Int(UInt16(bigEndian: address.sin_port))
}
