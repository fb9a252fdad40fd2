/// Decides which connection a caller gets, and when a new one is made.
///
/// A pure state machine. While the server is known to be down, callers fail at once with the reason; only the
/// first attempt to connect, and the first after a loss, are waited for, by submitting commands to the opening
/// connection.
package struct ConnectionSupervisor<Connection: Sendable>: Sendable {
    /// What a caller does.
    package enum Demand: Sendable {
        /// Use this one.
        case use(Connection)
        /// Open this one, and use it.
        case open(Connection)
        /// Fail.
        case fail(RedisError)
    }

    /// What the owner does after an event.
    package enum Action: Sendable {
        case none
        case open(Connection)
        /// Call ``pauseEnded(attempt:make:)`` after this pause.
        case pause(failures: Int, attempt: Int)
    }

    private enum State: Sendable {
        /// Nobody asked yet. To: opening, closed.
        case idle
        /// To: open, pausing, closed.
        case opening(Connection)
        /// To: opening (lost after a while), pausing (lost at once), closed.
        case open(Connection, since: ContinuousClock.Instant)
        /// To: opening, closed.
        case pausing
        /// The end.
        case closed
    }

    private var state = State.idle
    /// Attempts that failed, or did not last, in a row.
    package private(set) var failures = 0
    private var lastError = RedisError(.connectionFailed, "not connected")
    /// Numbers the connections, so that late news of an old one changes nothing.
    package private(set) var attempt = 0

    /// A connection that ends sooner than this counts as a failed attempt.
    private let settlingTime = Duration.seconds(1)

    package init() {}

    package var isOpen: Bool {
        if case .open = state { true } else { false }
    }

    package mutating func connectionWanted(make: (Int) -> Connection) -> Demand {
        switch state {
        case .idle:
            return .open(newConnection(make))
        case .opening(let connection):
            return failures == 0 ? .use(connection) : .fail(lastError)
        case .open(let connection, _):
            return .use(connection)
        case .pausing:
            return .fail(lastError)
        case .closed:
            return .fail(RedisError(.closed, "the client was closed"))
        }
    }

    package mutating func opened(attempt: Int, now: ContinuousClock.Instant) {
        guard attempt == self.attempt, case .opening(let connection) = state else { return }
        state = .open(connection, since: now)
    }

    package mutating func ended(
        attempt: Int,
        by error: RedisError,
        now: ContinuousClock.Instant,
        make: (Int) -> Connection
    ) -> Action {
        guard attempt == self.attempt else { return .none }
        switch state {
        case .open(_, let since) where since + settlingTime <= now:
            failures = 0
            return .open(newConnection(make))
        case .open, .opening:
            failures += 1
            lastError = Self.failure(after: error)
            state = .pausing
            return .pause(failures: failures, attempt: attempt)
        case .idle, .pausing, .closed:
            return .none
        }
    }

    package mutating func pauseEnded(attempt: Int, make: (Int) -> Connection) -> Action {
        guard attempt == self.attempt, case .pausing = state else { return .none }
        return .open(newConnection(make))
    }

    /// Ends it all.
    ///
    /// - Returns: The connection to close, if there is one.
    package mutating func closed() -> Connection? {
        defer { state = .closed }
        switch state {
        case .opening(let connection), .open(let connection, _): return connection
        case .idle, .pausing, .closed: return nil
        }
    }

    private mutating func newConnection(_ make: (Int) -> Connection) -> Connection {
        attempt += 1
        let connection = make(attempt)
        state = .opening(connection)
        return connection
    }

    /// What callers are told while the server is down: nothing of theirs was sent.
    private static func failure(after error: RedisError) -> RedisError {
        switch error.code {
        case .authenticationFailed, .tls, .configuration, .connectionFailed:
            error.with(mayHaveBeenApplied: false)
        default:
            RedisError(.connectionFailed, "not connected: \(error.message)", prefix: error.prefix)
        }
    }
}
