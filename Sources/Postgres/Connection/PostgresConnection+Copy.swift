import CLibPQ

/// How many bytes are gathered before they are sent.
private let copyChunk = 128 * 1024

extension PostgresConnection {
    /// Copies rows into a table with COPY, all or none of them.
    ///
    /// Rows are encoded on the connection's thread while they are sent; they are never all in memory twice.
    ///
    /// - Parameters:
    ///   - table: The table's name, `schema.table` if need be.
    ///   - columns: The columns' names.
    ///   - rows: The rows.
    ///   - file: For the error.
    ///   - line: For the error.
    ///   - encode: Appends the values of a row in the order of the columns.
    /// - Returns: How many rows the server took.
    /// - Throws: ``PostgresError``.
    @discardableResult
    public func copyIn<Rows: Sequence & Sendable>(
        into table: String,
        columns: [String],
        rows: Rows,
        file: String = #fileID,
        line: Int = #line,
        encode: (Rows.Element, inout PostgresCopyRow) throws(PostgresError) -> Void
    ) async throws(PostgresError) -> Int {
        do throws(PostgresError) {
            return try await guarded { () throws(PostgresError) in
                try copy(into: table, columns: columns, rows: rows, encode)
            }
        } catch { throw error.located(file, line) }
    }

    /// Copies rows into a table with COPY, all or none of them.
    ///
    /// For many rows of known types the variant with `encode` is several times faster.
    ///
    /// - Returns: How many rows the server took.
    /// - Throws: ``PostgresError``.
    @discardableResult
    public func copyIn(
        into table: String,
        columns: [String],
        rows: [[any PostgresEncodable]],
        file: String = #fileID,
        line: Int = #line
    ) async throws(PostgresError) -> Int {
        try await copyIn(into: table, columns: columns, rows: rows, file: file, line: line) {
            (row, target) throws(PostgresError) in
            for value in row { try target.append(value) }
        }
    }

    private func copy<Rows: Sequence>(
        into table: String,
        columns: [String],
        rows: Rows,
        _ encode: (Rows.Element, inout PostgresCopyRow) throws(PostgresError) -> Void
    ) throws(PostgresError) -> Int {
        try checkSocket()
        let names = columns.map { SQL.quoted(identifier: $0) }.joined(separator: ", ")
        let target = SQL.quoted(identifier: table)
        // Binary COPY does not convert: the values must be of the columns' very types.
        let key = StatementCache.Key(text: "SELECT \(names) FROM \(target) WHERE false", types: [])
        let types = try columnTypes(key)
        let raw = try session()
        var exchange = try beginExchange(raw)
        guard PQsendQuery(raw, "COPY \(target) (\(names)) FROM STDIN (FORMAT binary)") == 1 else {
            throw notSent(raw)
        }
        try flush(raw, &exchange)
        guard let ready = try nextResult(raw, &exchange) else { throw lost(because: nil, exchange) }
        guard PQresultStatus(ready) == PGRES_COPY_IN else {
            let error = PostgresError(result: ready)
            PQclear(ready)
            try finish(raw, &exchange) { PQclear($0) }
            throw error
        }
        PQclear(ready)
        var failure: PostgresError?
        do throws(PostgresError) {
            try send(rows, as: PostgresCopyRow(columns: columns, types: types), encode, raw, &exchange)
        } catch { failure = error }
        guard isUsable else { throw failure ?? lost(because: nil, exchange) }
        guard PQputCopyEnd(raw, failure == nil ? nil : "the client gave up") == 1 else {
            throw lost(because: nil, exchange)
        }
        var count = 0
        do throws(PostgresError) {
            try finish(raw, &exchange) { result in
                count = Int(String(cString: PQcmdTuples(result))) ?? 0
                PQclear(result)
            }
        } catch {
            // The server only repeats that we gave up, unless it failed first or is gone.
            guard let failure, error.code == .cancelled || error.code == .timedOut else { throw error }
            throw failure
        }
        return count
    }

    /// The columns' types now: another session may have changed the table since the last time.
    private func columnTypes(_ key: StatementCache.Key) throws(PostgresError) -> [PostgresType] {
        let raw = try session()
        var exchange = try beginExchange(raw)
        guard PQsendPrepare(raw, "", key.text, 0, nil) == 1 else { throw notSent(raw) }
        try finish(raw, &exchange) { PQclear($0) }
        exchange = try beginExchange(raw)
        guard PQsendDescribePrepared(raw, "") == 1 else { throw notSent(raw) }
        var layout: ColumnLayout?
        try finish(raw, &exchange) { result in
            layout = ColumnLayout(describing: result)
            PQclear(result)
        }
        return layout?.types ?? []
    }

    private func send<Rows: Sequence>(
        _ rows: Rows,
        as template: PostgresCopyRow,
        _ encode: (Rows.Element, inout PostgresCopyRow) throws(PostgresError) -> Void,
        _ raw: OpaquePointer,
        _ exchange: inout Exchange
    ) throws(PostgresError) {
        var row = template
        // The signature, no flags, no extension.
        // https://www.postgresql.org/docs/15/sql-copy.html#id-1.9.3.55.9.4
        row.buffer.append(contentsOf: Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00])
        row.buffer.append(Int64(0))
        for element in rows {
            row.begin()
            try encode(element, &row)
            try row.finish()
            guard row.buffer.bytes.count >= copyChunk else { continue }
            try put(row.buffer.bytes, raw, &exchange)
            row.buffer.bytes.removeAll(keepingCapacity: true)
        }
        row.buffer.append(Int16(-1))
        try put(row.buffer.bytes, raw, &exchange)
    }

    private func put(
        _ bytes: [UInt8],
        _ raw: OpaquePointer,
        _ exchange: inout Exchange
    ) throws(PostgresError) {
        if gate.isCancelRequested { throw PostgresError(code: .cancelled, message: "cancelled") }
        let isTaken = bytes.withUnsafeBytes { bytes in
            PQputCopyData(raw, bytes.bindMemory(to: CChar.self).baseAddress, CInt(bytes.count))
        }
        guard isTaken == 1 else { throw lost(because: nil, exchange) }
        try flush(raw, &exchange)
    }
}
