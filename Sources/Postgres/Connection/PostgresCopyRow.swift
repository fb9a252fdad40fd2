/// The row that is being copied, to which its values are appended in the order of the columns.
public struct PostgresCopyRow: Sendable {
    let columns: [String]
    let types: [PostgresType]
    var buffer: PostgresBuffer
    private var position = 0

    init(columns: [String], types: [PostgresType]) {
        self.columns = columns
        self.types = types
        buffer = PostgresBuffer(bytes: [])
    }

    mutating func begin() {
        position = 0
        buffer.append(Int16(columns.count))
    }

    func finish() throws(PostgresError) {
        guard position == columns.count else {
            throw PostgresError(
                code: .encoding,
                message: "a row has \(position) values for \(columns.count) columns"
            )
        }
    }

    /// Appends the next column's value.
    ///
    /// Integers take the column's width, text goes into any text type.
    ///
    /// - Throws: ``PostgresError`` with code `encoding` if the value does not fit the column.
    public mutating func append(_ value: some PostgresEncodable) throws(PostgresError) {
        guard position < columns.count else {
            throw PostgresError(code: .encoding, message: "a row has too many values")
        }
        let (type, column) = (types[position], columns[position])
        position += 1
        if value.isPostgresNull {
            buffer.append(Int32(-1))
        } else if value.postgresType == type || isText(value.postgresType, for: type) {
            try buffer.appendWithLength { (buffer) throws(PostgresError) in try value.encode(into: &buffer) }
        } else if let width = Self.width(of: type), Self.width(of: value.postgresType) != nil {
            try append(value, width: width, column: column)
        } else {
            throw PostgresError(
                code: .encoding,
                message: "column \(column) is \(type), not \(value.postgresType)"
            )
        }
    }

    /// Text is the binary form of text types, and of enumerations, whose numbers nobody knows beforehand.
    private func isText(_ type: PostgresType, for column: PostgresType) -> Bool {
        type == .text && (column.isText || !column.isReadAsBinary)
    }

    private static func width(of type: PostgresType) -> Int? {
        switch type {
        case .int2: 2
        case .int4: 4
        case .int8: 8
        default: nil
        }
    }

    private mutating func append(
        _ value: some PostgresEncodable,
        width: Int,
        column: String
    ) throws(PostgresError) {
        var scratch = PostgresBuffer(bytes: [])
        try value.encode(into: &scratch)
        let isNegative = (scratch.bytes.first ?? 0) & 0x80 != 0
        let wide = scratch.bytes.reduce(isNegative ? Int64(-1) : 0) { $0 << 8 | Int64($1) }
        guard width == 8 || (wide >= -(1 << (width * 8 - 1)) && wide < 1 << (width * 8 - 1)) else {
            throw PostgresError(code: .encoding, message: "a value is out of range for column \(column)")
        }
        buffer.append(Int32(width))
        switch width {
        case 2: buffer.append(Int16(wide))
        case 4: buffer.append(Int32(wide))
        default: buffer.append(wide)
        }
    }
}
