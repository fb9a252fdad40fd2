import CLibPQ
import Logging

extension PostgresConnection {
    /// Runs a statement, prepared before or now.
    func run(_ sql: SQL) throws(PostgresError) -> PostgresRows {
        if let failure = sql.failure { throw failure }
        guard sql.values.count <= 65_535 else {
            throw PostgresError(code: .encoding, message: "a statement takes at most 65535 parameters")
        }
        try checkSocket()
        let wasInTransaction = PQtransactionStatus(try session()) != PQTRANS_IDLE
        let key = StatementCache.Key(text: sql.text, types: sql.binds)
        do throws(PostgresError) {
            return try run(prepared(key), sql)
        } catch {
            guard error.isStalePlan, let name = statements.remove(key) else { throw error }
            logger.debug("preparing a statement again", metadata: ["db.statement.name": "\(name)"])
            // Within a transaction it has failed already; the next one prepares the statement anew.
            guard !wasInTransaction else { throw error }
            if error.sqlState != "26000" { _ = try runScript("DEALLOCATE \(name)") }
            return try run(prepared(key), sql)
        }
    }

    /// The statement's name and columns, asked for once.
    func prepared(_ key: StatementCache.Key) throws(PostgresError) -> StatementCache.Statement {
        if let known = statements.find(key) { return known }
        let raw = try session()
        let name = statements.makeName()
        var exchange = try beginExchange(raw)
        let types = key.types.map(\.rawValue)
        guard PQsendPrepare(raw, name, key.text, CInt(types.count), types) == 1 else { throw notSent(raw) }
        try finish(raw, &exchange) { PQclear($0) }
        exchange = try beginExchange(raw)
        guard PQsendDescribePrepared(raw, name) == 1 else { throw notSent(raw) }
        var layout: ColumnLayout?
        try finish(raw, &exchange) { result in
            layout = ColumnLayout(describing: result)
            PQclear(result)
        }
        let columns = layout ?? ColumnLayout(names: [], types: [])
        let statement = StatementCache.Statement(
            name: name,
            layout: columns,
            isBinary: columns.isReadAsBinary
        )
        if let evicted = statements.insert(statement, for: key) { _ = try runScript("DEALLOCATE \(evicted)") }
        return statement
    }

    private func run(
        _ statement: StatementCache.Statement,
        _ sql: SQL
    ) throws(PostgresError) -> PostgresRows {
        let raw = try session()
        var exchange = try beginExchange(raw)
        try send(statement, sql, raw)
        var rows: ResultStorage?
        try finish(raw, &exchange) { result in
            rows = ResultStorage(adopting: result, layout: statement.layout, isBinary: statement.isBinary)
        }
        guard let rows else { throw lost(because: nil, exchange) }
        return PostgresRows(result: rows)
    }

    private func send(
        _ statement: StatementCache.Statement,
        _ sql: SQL,
        _ raw: OpaquePointer
    ) throws(PostgresError) {
        let count = sql.values.count
        var lengths: [CInt] = []
        lengths.reserveCapacity(count)
        for value in sql.values {
            guard let length = CInt(exactly: value.length ?? 0) else {
                throw PostgresError(code: .encoding, message: "a parameter is larger than 2 GB")
            }
            lengths.append(length)
        }
        let formats = [CInt](repeating: 1, count: count)
        // One spare byte: an empty value must still have an address, for a null pointer means NULL.
        let bytes = sql.bytes.isEmpty ? [0] : sql.bytes
        let isSent = bytes.withUnsafeBytes { bytes in
            let base = bytes.bindMemory(to: CChar.self).baseAddress
            let pointers = sql.values.map { value in
                value.length == nil ? nil : base.map { $0 + value.offset }
            }
            return PQsendQueryPrepared(
                raw,
                statement.name,
                CInt(count),
                pointers,
                lengths,
                formats,
                statement.isBinary ? 1 : 0
            )
        }
        guard isSent == 1 else { throw notSent(raw) }
    }

    /// Runs statements by the simple protocol.
    ///
    /// - Returns: The last command tag.
    @discardableResult
    func runScript(_ text: String, limit: Duration? = nil) throws(PostgresError) -> String {
        guard !text.utf8.contains(0) else {
            throw PostgresError(code: .encoding, message: "a script holds the character NUL")
        }
        try checkSocket()
        let raw = try session()
        var exchange = try beginExchange(raw, limit: limit, isCommit: text == "COMMIT")
        guard PQsendQuery(raw, text) == 1 else { throw notSent(raw) }
        var tag = ""
        try finish(raw, &exchange) { result in
            tag = String(cString: PQcmdStatus(result))
            PQclear(result)
        }
        return tag
    }

    /// libpq refused to send: the session is broken, or not in the state we believe it in.
    func notSent(_ raw: OpaquePointer) -> PostgresError {
        discard()
        return .lost("the connection broke before the statement was sent", outcomeUnknown: false)
    }
}
