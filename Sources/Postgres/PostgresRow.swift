/// One row of an answer.
///
/// It shares the answer's memory; nothing is copied until a value is decoded.
public struct PostgresRow: Sendable {
    let result: ResultStorage
    let index: Int

    /// The names of the columns, in order.
    public var columns: [String] { result.layout.names }

    /// Reads a column by name.
    ///
    /// - Parameters:
    ///   - column: The column's name in the answer; with duplicates, the first.
    ///   - type: What to read it as.
    ///   - file: For the error.
    ///   - line: For the error.
    /// - Returns: The value.
    /// - Throws: ``PostgresError`` with code `decoding`, naming the column, if there is no such column, if it is
    ///   NULL and the type is not optional, or if its type is another one. Never holds the value.
    public func decode<Value: PostgresDecodable>(
        _ column: String,
        as type: Value.Type = Value.self,
        file: String = #fileID,
        line: Int = #line
    ) throws(PostgresError) -> Value {
        guard let position = result.layout.positions[column] else {
            throw PostgresError(
                code: .decoding,
                message: "the answer has no column \(column)",
                file: file,
                line: line
            )
        }
        return try decode(position, as: type, file: file, line: line)
    }

    /// Reads a column by its place, the first being 0.
    ///
    /// - Throws: ``PostgresError`` with code `decoding`, as ``decode(_:as:file:line:)-(String,_,_,_)``.
    public func decode<Value: PostgresDecodable>(
        _ index: Int,
        as type: Value.Type = Value.self,
        file: String = #fileID,
        line: Int = #line
    ) throws(PostgresError) -> Value {
        guard result.layout.names.indices.contains(index) else {
            throw PostgresError(
                code: .decoding,
                message: "the answer has no column at \(index)",
                file: file,
                line: line
            )
        }
        guard let cell = result.cell(row: self.index, column: index) else {
            if let null = Value.postgresNull { return null }
            let name = result.layout.names[index]
            throw PostgresError(
                code: .decoding,
                message: "column \(name) is NULL",
                file: file,
                line: line
            )
        }
        do throws(PostgresError) {
            // The cell points into the answer's memory.
            let value = try Value.decode(cell)
            withExtendedLifetime(result) {}
            return value
        } catch {
            var named = error.located(file, line)
            named.message = "column \(result.layout.names[index]): \(error.message)"
            throw named
        }
    }
}
