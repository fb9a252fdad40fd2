import Glibc

/// A non-blocking TCP socket that is closed with its owner.
struct Socket: ~Copyable {
    let descriptor: CInt

    init(adopting descriptor: CInt) {
        self.descriptor = descriptor
    }

    deinit { _ = Glibc.close(descriptor) }

    /// What an attempt to read or write did.
    enum Transfer: Equatable {
        case bytes(Int)
        case wouldBlock
        case ended
        case failed(CInt)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        if count == 0 { return .ended }
        return count > 0 ? .bytes(count) : Self.failure()
    }

    func write(_ buffer: UnsafeRawBufferPointer) -> Transfer {
        // Without this flag a closed peer would end the process by SIGPIPE.
        let count = Glibc.send(descriptor, buffer.baseAddress, buffer.count, CInt(MSG_NOSIGNAL))
        return count >= 0 ? .bytes(count) : Self.failure()
    }

    /// Waits, blocking this thread, until the socket is ready.
    ///
    /// - Parameters:
    ///   - events: `POLLIN` or `POLLOUT`.
    ///   - deadline: When to give up.
    ///   - isAbandoned: Asked a few times a second.
    /// - Returns: Whether it is ready.
    func wait(
        for events: CInt,
        until deadline: ContinuousClock.Instant,
        isAbandoned: () -> Bool
    ) -> Bool {
        while !isAbandoned() {
            let left = ContinuousClock.now.duration(to: deadline).milliseconds
            guard left > 0 else { return false }
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            if poll(&entry, 1, CInt(min(left, 100))) > 0 { return true }
        }
        return false
    }

    private static func failure() -> Transfer {
        let code = errno
        return code == EAGAIN || code == EWOULDBLOCK || code == EINTR ? .wouldBlock : .failed(code)
    }
}

extension Socket {
    /// Looks up a host and connects to the first of its addresses that answers; this blocks the thread.
    static func connect(
        host: String,
        port: Int,
        until deadline: ContinuousClock.Instant,
        isAbandoned: () -> Bool
    ) throws(RedisError) -> Socket {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &list)
        guard status == 0 else {
            throw RedisError(
                .connectionFailed,
                "host can't be looked up: \(String(cString: gai_strerror(status)))"
            )
        }
        defer { freeaddrinfo(list) }
        var failure = RedisError(.connectionFailed, "host has no address")
        var next = list
        while let address = next?.pointee {
            do throws(RedisError) {
                return try connect(to: address, until: deadline, isAbandoned: isAbandoned)
            } catch {
                failure = error
            }
            next = address.ai_next
        }
        throw failure
    }

    private static func connect(
        to address: addrinfo,
        until deadline: ContinuousClock.Instant,
        isAbandoned: () -> Bool
    ) throws(RedisError) -> Socket {
        let kind = address.ai_socktype | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.ai_family, kind, address.ai_protocol)
        guard descriptor >= 0 else { throw failure(errno) }
        let made = Socket(adopting: descriptor)
        var on: CInt = 1
        let size = socklen_t(MemoryLayout<CInt>.size)
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &on, size)
        setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, size)
        guard Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) != 0 else { return made }
        guard errno == EINPROGRESS else { throw failure(errno) }
        guard made.wait(for: POLLOUT, until: deadline, isAbandoned: isAbandoned) else {
            throw RedisError(.connectionFailed, "no connection within the time limit")
        }
        var code: CInt = 0
        var length = size
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        guard code == 0 else { throw failure(code) }
        return made
    }

    private static func failure(_ code: CInt) -> RedisError {
        RedisError(.connectionFailed, "no connection: \(String(cString: strerror(code)))")
    }
}

extension Duration {
    /// Whole milliseconds, rounded up so that waiting for them never ends early.
    var milliseconds: Int64 {
        let parts = components
        return parts.seconds * 1000 + (parts.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}
