/// The connections for blocking commands: each has one user at a time.
package struct BlockingConnections<Connection: AnyObject & Sendable>: Sendable {
    private let limit: Int
    private var idle: [Connection] = []
    private var used: [Connection] = []
    private var isClosed = false

    package init(limit: Int) {
        self.limit = limit
    }

    /// A user wants a connection.
    ///
    /// - Parameters:
    ///   - isUsable: Asked of idle connections, which may have ended meanwhile.
    ///   - make: Makes a new one.
    /// - Returns: What the caller does.
    package mutating func wanted(
        isUsable: (Connection) -> Bool,
        make: () -> Connection
    ) -> ConnectionSupervisor<Connection>.Demand {
        guard !isClosed else { return .fail(RedisError(.closed, "the client was closed")) }
        idle.removeAll { !isUsable($0) }
        if let connection = idle.popLast() {
            used.append(connection)
            return .use(connection)
        }
        guard used.count < limit else {
            return .fail(RedisError(.overloaded, "all connections for blocking commands are in use"))
        }
        let connection = make()
        used.append(connection)
        return .open(connection)
    }

    /// A user is done.
    ///
    /// - Returns: Whether the connection was kept; if not, the caller closes it.
    package mutating func returned(_ connection: Connection, isReusable: Bool) -> Bool {
        used.removeAll { $0 === connection }
        guard isReusable, !isClosed else { return false }
        idle.append(connection)
        return true
    }

    /// Ends it all.
    ///
    /// - Returns: The connections to close.
    package mutating func closed() -> [Connection] {
        defer {
            idle = []
            isClosed = true
        }
        return isClosed ? [] : idle + used
    }
}
