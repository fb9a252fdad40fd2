import Glibc

/// Connecting, TLS and signing in: the only part that blocks, on the connection's own queue and within limits.
extension RedisConnection {
    func connect() throws(RedisError) {
        let deadline = ContinuousClock.now + configuration.connectTimeout
        socket = try Socket.connect(
            host: configuration.host,
            port: configuration.port,
            until: deadline,
            isAbandoned: { isClosed }
        )
        if let settings = configuration.tls {
            tls = try TLSSession(settings, host: configuration.host)
            try shakeHands(until: deadline)
        }
        try signIn(until: deadline)
    }

    private func shakeHands(until deadline: ContinuousClock.Instant) throws(RedisError) {
        while try tls?.handshake() == false {
            try sendTLSOutput(until: deadline)
            let count: Int
            do throws(RedisError) {
                count = try readSome(until: deadline)
            } catch {
                throw error.code == .connectionLost
                    ? RedisError(.tls, "the server ended the handshake; does it speak TLS?") : error
            }
            tls?.receive(UnsafeRawBufferPointer(rebasing: readBuffer.memory[..<count]))
        }
        try sendTLSOutput(until: deadline)
    }

    /// Authenticates, selects the database, names the connection, and makes sure that the server answers.
    private func signIn(until deadline: ContinuousClock.Instant) throws(RedisError) {
        var commands: [RedisCommand] = []
        if let password = configuration.password {
            commands.append(
                configuration.username.map { RedisCommand("AUTH", .string($0), .string(password)) }
                    ?? RedisCommand("AUTH", .string(password))
            )
        }
        if configuration.database != 0 {
            commands.append(RedisCommand("SELECT", .init(configuration.database)))
        }
        if let name = configuration.clientName {
            commands.append(RedisCommand("CLIENT", "SETNAME", .string(name)))
        }
        commands.append(RedisCommand("PING"))

        var bytes: [UInt8] = []
        for command in commands { CommandEncoder.encode(command, into: &bytes) }
        if tls == nil {
            try sendAll(bytes, until: deadline)
        } else {
            try tls?.write(bytes)
            try sendTLSOutput(until: deadline)
        }
        var replies: [RedisValue] = []
        while replies.count < commands.count {
            let count = try readSome(until: deadline)
            try parse(UnsafeRawBufferPointer(rebasing: readBuffer.memory[..<count]), into: &replies)
        }
        guard replies.count == commands.count else {
            throw RedisError(.protocolViolation, "reply without a command")
        }
        for (command, reply) in zip(commands, replies) {
            if case .error(let text) = reply { try Self.judge(.reply(text), of: command) }
        }
    }

    /// Throws unless the connection can be used in spite of the error.
    private static func judge(_ error: RedisError, of command: RedisCommand) throws(RedisError) {
        switch (command.name, error.prefix) {
        case ("AUTH", let prefix) where prefix != "LOADING":
            throw RedisError(
                .authenticationFailed,
                "the server refused the user or the password",
                prefix: prefix
            )
        case (_, "NOAUTH"):
            throw RedisError(.authenticationFailed, "the server wants a password", prefix: error.prefix)
        case ("PING", "NOPERM"), ("CLIENT", "NOPERM"):
            // A restricted user need not be allowed these.
            return
        case ("PING", "BUSY"), ("CLIENT", "BUSY"):
            // A slow script: it is for the commands to wait or to fail.
            return
        default:
            throw error
        }
    }

    private func sendTLSOutput(until deadline: ContinuousClock.Instant) throws(RedisError) {
        var bytes: [UInt8] = []
        tls?.takeOutput(into: &bytes)
        try sendAll(bytes, until: deadline)
    }

    private func sendAll(_ bytes: [UInt8], until deadline: ContinuousClock.Instant) throws(RedisError) {
        var start = 0
        while start < bytes.count {
            let transfer = bytes.withUnsafeBytes { bytes in
                socket?.write(UnsafeRawBufferPointer(rebasing: bytes[start...])) ?? .ended
            }
            if case .bytes(let count) = transfer { start += count }
            if transfer == .wouldBlock { try wait(for: POLLOUT, until: deadline) }
            if let error = Self.error(ending: transfer) { throw error }
        }
    }

    private func readSome(until deadline: ContinuousClock.Instant) throws(RedisError) -> Int {
        while true {
            let transfer = socket?.read(into: readBuffer.memory) ?? .ended
            if case .bytes(let count) = transfer { return count }
            if let error = Self.error(ending: transfer) { throw error }
            try wait(for: POLLIN, until: deadline)
        }
    }

    private func wait(for events: CInt, until deadline: ContinuousClock.Instant) throws(RedisError) {
        guard socket?.wait(for: events, until: deadline, isAbandoned: { isClosed }) == true else {
            throw RedisError(.connectionFailed, "the server did not answer within the time limit")
        }
    }
}
