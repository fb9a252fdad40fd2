public import Logging
import Synchronization

/// Connections shared by many tasks.
///
/// Connections are opened when they are needed, lent to one task at a time, first come first served, and
/// replaced when they break or grow old. While the server is away attempts are made with growing pauses; callers
/// wait within their limit for a short absence, and fail at once with `connectionFailed` during a longer one.
///
/// It works without ``run()``, which only adds upkeep and closes the pool at the end.
public final class PostgresPool: Sendable {
    /// How many connections are in which state.
    public struct Stats: Sendable, Hashable {
        /// Open and free.
        public let idle: Int
        /// Lent to callers.
        public let used: Int
        /// Callers without one.
        public let waiting: Int

        /// Takes the counts.
        public init(idle: Int, used: Int, waiting: Int) {
            self.idle = idle
            self.used = used
            self.waiting = waiting
        }
    }

    typealias Lease = Result<(PoolStateMachine.ConnectionID, PostgresConnection), PostgresError>

    struct State {
        var machine: PoolStateMachine
        var connections: [PoolStateMachine.ConnectionID: PostgresConnection] = [:]
        var waiters: [PoolStateMachine.WaiterID: CheckedContinuation<Loan, Never>] = [:]
        var lastWaiter: PoolStateMachine.WaiterID = 0
        var lastConnectError: PostgresError?
        var timer: (due: ContinuousClock.Instant, task: Task<Void, Never>)?
    }

    /// What a waiter is given.
    enum Loan {
        case connection(PoolStateMachine.ConnectionID, PostgresConnection, PoolStateMachine.Check)
        case failure(PostgresError)
    }

    let configuration: PostgresConfiguration
    let waitLimit: Duration
    let logger: Logger
    let state: Mutex<State>

    /// Makes a pool; nothing is opened yet.
    ///
    /// - Parameters:
    ///   - configuration: Where to, and the limits of each connection.
    ///   - size: The most connections open at a time, at least one.
    ///   - waitLimit: The longest a caller waits for a connection.
    ///   - logger: Hears of connections at debug level.
    public init(
        configuration: PostgresConfiguration,
        size: Int = 8,
        waitLimit: Duration = .seconds(5),
        logger: Logger
    ) {
        self.configuration = configuration
        self.waitLimit = waitLimit
        self.logger = logger
        let limits = PoolStateMachine.Limits(size: max(1, size), waitLimit: waitLimit)
        state = Mutex(State(machine: PoolStateMachine(limits: limits)))
    }

    /// The connections' states now.
    public var stats: Stats {
        state.withLock { state in
            Stats(
                idle: state.machine.idleCount,
                used: state.machine.leasedCount,
                waiting: state.machine.waitingCount
            )
        }
    }

    /// Keeps the pool in order until the task is cancelled, then closes it.
    public func run() async {
        while !Task.isCancelled {
            // Cancellation only ends the pause.
            try? await Task.sleep(for: .seconds(15))
            perform { $0.timePassed(now: .now) }
        }
        await close()
    }

    /// Refuses new callers, fails those who wait, and closes what is idle.
    ///
    /// What is lent is closed when it comes back.
    public func close() async {
        let idle = perform { $0.poolClosed() }
        for connection in idle { await connection.close() }
    }

    /// Runs a statement on any connection and returns its rows.
    ///
    /// - Throws: ``PostgresError``.
    public func query(
        _ sql: SQL,
        file: String = #fileID,
        line: Int = #line
    ) async throws(PostgresError) -> PostgresRows {
        while true {
            let (id, connection) = try await lease(file, line)
            defer { giveBack(id, connection) }
            do throws(PostgresError) {
                return try await connection.query(sql, file: file, line: line)
            } catch {
                // The connection had gone stale; each of those is closed, so this ends.
                guard error.wasNotSent else { throw error }
            }
        }
    }

    /// Runs a statement on any connection and returns how many rows it touched.
    ///
    /// - Throws: ``PostgresError``.
    @discardableResult
    public func execute(
        _ sql: SQL,
        file: String = #fileID,
        line: Int = #line
    ) async throws(PostgresError) -> Int {
        try await query(sql, file: file, line: line).affectedRows
    }

    /// Lends a connection to the body, which must not keep it.
    ///
    /// Settings of the session that the body leaves behind are seen by the next borrower. A transaction left
    /// open costs the connection.
    ///
    /// - Throws: What the body threw, or ``PostgresError``.
    @discardableResult
    public nonisolated(nonsending) func withConnection<Value>(
        file: String = #fileID,
        line: Int = #line,
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        let (id, connection) = try await lease(file, line)
        defer { giveBack(id, connection) }
        return try await body(connection)
    }

    /// Runs the body in a transaction, see ``PostgresConnection/withTransaction(isolation:file:line:_:)``.
    ///
    /// - Throws: What the body threw, or ``PostgresError``.
    @discardableResult
    public nonisolated(nonsending) func withTransaction<Value>(
        isolation: PostgresIsolation = .readCommitted,
        file: String = #fileID,
        line: Int = #line,
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        while true {
            let (id, connection) = try await lease(file, line)
            defer { giveBack(id, connection) }
            var hasBegun = false
            do {
                return try await connection.withTransaction(isolation: isolation, file: file, line: line) {
                    hasBegun = true
                    return try await body($0)
                }
            } catch let error as PostgresError where error.wasNotSent && !hasBegun {
                // The connection had gone stale before BEGIN; each of those is closed, so this ends.
                continue
            }
        }
    }
}
