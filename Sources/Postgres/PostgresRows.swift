/// All rows of an answer, in the order the server sent them.
public struct PostgresRows: Sendable, RandomAccessCollection {
    let result: ResultStorage

    /// The first place.
    public var startIndex: Int { 0 }
    /// The number of rows.
    public var endIndex: Int { result.rowCount }
    /// The names of the columns, in order.
    public var columns: [String] { result.layout.names }
    /// How many rows the statement touched, as the server counts them.
    public var affectedRows: Int { result.affectedRows }

    /// The row at a place.
    public subscript(position: Int) -> PostgresRow {
        precondition(position >= 0 && position < endIndex, "row \(position) of \(endIndex)")
        return PostgresRow(result: result, index: position)
    }
}
