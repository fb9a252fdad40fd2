import Synchronization

extension RedisClient {
    /// Sends a command that blocks, such as `BLPOP`, on a connection of its own.
    ///
    /// - Parameters:
    ///   - command: The command, with its own timeout among its arguments.
    ///   - timeout: The same timeout; the connection is given up when no reply came that long and
    ///     ``RedisConfiguration/commandTimeout`` after it.
    /// - Returns: The reply; null if the server's timeout passed.
    /// - Throws: ``RedisError``. Cancellation ends the wait at once and drops the connection. An element that
    ///   the server handed out at that very moment is lost, so let the element be a mark, not the data.
    public func blocking(
        _ command: RedisCommand,
        timeout: Duration
    ) async throws(RedisError) -> RedisValue {
        try Self.checkCancellation()
        let lease = blockingConnections.withLock { connections in
            connections.wanted(
                isUsable: { !$0.isClosed },
                make: { RedisConnection(configuration: configuration) { _ in } }
            )
        }
        let connection: RedisConnection
        switch lease {
        case .use(let idle): connection = idle
        case .open(let new):
            connection = new
            new.open()
        case .fail(let error): throw error
        }
        let result = await connection.send(command, timeout: timeout + configuration.commandTimeout)
        // Any failure but an error reply leaves the server blocked, or the connection unusable.
        let isReusable =
            if case .failure(let error) = result { error.code == .server } else { true }
        if !isReusable { connection.close(by: RedisError(.connectionLost, "given up")) }
        let kept = blockingConnections.withLock { $0.returned(connection, isReusable: isReusable) }
        if !kept { connection.close(by: RedisError(.closed, "the client was closed")) }
        return try result.get()
    }
}
