import CLibPQ

/// The columns of an answer.
///
/// One for all answers of a prepared statement.
final class ColumnLayout: Sendable {
    let names: [String]
    let positions: [String: Int]
    let types: [PostgresType]

    init(names: [String], types: [PostgresType]) {
        self.names = names
        self.types = types
        positions = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    convenience init(describing result: OpaquePointer) {
        let columns = 0..<PQnfields(result)
        self.init(
            names: columns.map { PQfname(result, $0).map { String(cString: $0) } ?? "" },
            types: columns.map { PostgresType(rawValue: PQftype(result, $0)) }
        )
    }

    /// Whether every column can be asked for in binary form.
    var isReadAsBinary: Bool { types.allSatisfy(\.isReadAsBinary) }
}

/// The owner of an answer's memory.
///
/// `@unchecked Sendable`: a result is never changed after libpq has handed it out, and may be read from any
/// thread. https://www.postgresql.org/docs/15/libpq-threading.html
final class ResultStorage: @unchecked Sendable {
    private let raw: OpaquePointer
    let layout: ColumnLayout
    let rowCount: Int
    private let isBinary: Bool

    init(adopting raw: OpaquePointer, layout: ColumnLayout, isBinary: Bool) {
        self.raw = raw
        self.layout = layout
        self.isBinary = isBinary
        rowCount = Int(PQntuples(raw))
    }

    deinit { PQclear(raw) }

    var affectedRows: Int { Int(String(cString: PQcmdTuples(raw))) ?? 0 }

    /// A value, nil being NULL.
    ///
    /// Valid as long as this object.
    func cell(row: Int, column: Int) -> PostgresCell? {
        let (row, column) = (CInt(row), CInt(column))
        guard PQgetisnull(raw, row, column) == 0 else { return nil }
        let bytes = UnsafeRawBufferPointer(
            start: PQgetvalue(raw, row, column),
            count: Int(PQgetlength(raw, row, column))
        )
        return PostgresCell(type: layout.types[Int(column)], isBinary: isBinary, bytes: bytes)
    }
}
