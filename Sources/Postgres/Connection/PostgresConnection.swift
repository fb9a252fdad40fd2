import BlockingIO
import CLibPQ
public import Logging
import Synchronization

/// One session with the server.
///
/// All of libpq is called on the connection's own thread. Statements are prepared once and kept. Every call has
/// a time limit, by the server's clock and by ours; a call whose task is cancelled asks the server to stop and
/// returns when the statement has ended, so that the next statement is not hit. A session about which there is
/// any doubt is closed, see ``isUsable``.
///
/// Calls made at the same time run one after the other. A transaction belongs to the session: let one task at
/// a time use it.
public actor PostgresConnection {
    nonisolated let executor: QueueExecutor
    nonisolated let configuration: PostgresConfiguration
    nonisolated let logger: Logger
    nonisolated let gate: StatementGate
    private nonisolated let isOpen = Atomic(true)
    private nonisolated let isIdle = Atomic(true)

    private var handle: ConnectionHandle?
    private var cancelRequest: CancelRequest?
    var statements: StatementCache

    /// The connection's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Whether further statements can be tried: not closed, not lost, not abandoned in doubt.
    public nonisolated var isUsable: Bool { isOpen.load(ordering: .acquiring) }

    /// Whether somebody else may have it: usable, and neither working nor in a transaction.
    nonisolated var isReusable: Bool { isUsable && isIdle.load(ordering: .acquiring) }

    private init(_ configuration: PostgresConfiguration, logger: Logger) throws(PostgresError) {
        executor = QueueExecutor(label: "postgres.connection")
        self.configuration = configuration
        self.logger = logger
        gate = try StatementGate()
        statements = StatementCache(capacity: configuration.statementCacheSize)
    }

    // The session ends on the connection's thread.
    isolated deinit {}

    /// Opens a session.
    ///
    /// - Throws: ``PostgresError`` with code `connectionFailed`, or `cancelled`.
    public static func connect(
        _ configuration: PostgresConfiguration,
        logger: Logger,
        file: String = #fileID,
        line: Int = #line
    ) async throws(PostgresError) -> PostgresConnection {
        do throws(PostgresError) {
            let connection = try PostgresConnection(configuration, logger: logger)
            try await connection.open()
            return connection
        } catch { throw error.located(file, line) }
    }

    /// Runs a statement and returns its rows.
    ///
    /// - Throws: ``PostgresError``.
    public func query(
        _ sql: SQL,
        file: String = #fileID,
        line: Int = #line
    ) async throws(PostgresError) -> PostgresRows {
        do throws(PostgresError) {
            return try await guarded { () throws(PostgresError) in try run(sql) }
        } catch { throw error.located(file, line) }
    }

    /// Runs a statement and returns how many rows it touched.
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

    /// Runs several statements separated by semicolons, such as a migration.
    ///
    /// Without a `BEGIN` in it the server takes the script as one transaction. The time limits hold for each
    /// statement by itself.
    ///
    /// - Throws: ``PostgresError`` of the first statement that failed; those after it were not run.
    public func executeScript(
        _ text: String,
        file: String = #fileID,
        line: Int = #line
    ) async throws(PostgresError) {
        do throws(PostgresError) {
            _ = try await guarded { () throws(PostgresError) in try runScript(text) }
        } catch { throw error.located(file, line) }
    }

    /// Ends the session.
    ///
    /// Statements tried afterwards throw `closed`.
    public func close() { discard() }

    /// Runs a statement that a cancelled task must still be able to run, such as ROLLBACK.
    ///
    /// - Returns: The server's command tag.
    func command(_ text: String, isCancellable: Bool) async throws(PostgresError) -> String {
        try await guarded(isCancellable: isCancellable) { () throws(PostgresError) in
            try runScript(text)
        }
    }

    /// Checks an idle session.
    ///
    /// - Parameter roundTrip: Whether to ask the server, rather than the socket only.
    /// - Returns: Whether it can be lent.
    func isHealthy(roundTrip: Bool) async -> Bool {
        do throws(PostgresError) {
            if roundTrip {
                _ = try await guarded(isCancellable: false) { () throws(PostgresError) in
                    try runScript("", limit: .seconds(2))
                }
            } else {
                try checkSocket()
            }
            return isReusable
        } catch { return false }
    }

    // MARK: - The session

    /// The libpq connection.
    func session() throws(PostgresError) -> OpaquePointer {
        guard let raw = handle?.raw else {
            throw PostgresError(code: .closed, message: "the connection is closed")
        }
        return raw
    }

    func adopt(_ raw: OpaquePointer) { handle = ConnectionHandle(adopting: raw) }

    func becameReady(_ raw: OpaquePointer) throws(PostgresError) {
        cancelRequest = CancelRequest(raw)
        guard cancelRequest != nil, PQsetnonblocking(raw, 1) == 0 else {
            discard()
            throw PostgresError(code: .connectionFailed, message: "out of memory")
        }
    }

    /// Ends the session, whatever it is doing.
    func discard() {
        isOpen.store(false, ordering: .releasing)
        handle = nil
        cancelRequest = nil
    }

    /// Asks the server to stop the running statement; the gate hears when the request has been taken.
    func sendCancel() {
        guard let cancelRequest else { return }
        let gate = gate
        gate.cancelSent()
        cancelRequest.send { gate.cancelArrived() }
    }

    /// Does the work with the task's cancellation listened to.
    func guarded<Value: Sendable>(
        isCancellable: Bool = true,
        _ work: () throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        guard isCancellable else { return try measured(work) }
        let ticket = gate.drawTicket()
        let result: Result<Value, PostgresError> = await withTaskCancellationHandler {
            gate.begin(ticket)
            defer { gate.end() }
            do throws(PostgresError) {
                // A cancellation from before `begin` was not heard, but is seen here.
                if Task.isCancelled {
                    throw PostgresError(code: .cancelled, message: "cancelled before it was sent")
                }
                return .success(try measured(work))
            } catch { return .failure(error) }
        } onCancel: { [gate] in
            gate.cancel(ticket)
        }
        return try result.get()
    }

    private func measured<Value>(_ work: () throws(PostgresError) -> Value) throws(PostgresError) -> Value {
        isIdle.store(false, ordering: .releasing)
        defer {
            let raw = handle?.raw
            isIdle.store(raw.map { PQtransactionStatus($0) == PQTRANS_IDLE } ?? false, ordering: .releasing)
        }
        return try work()
    }
}
