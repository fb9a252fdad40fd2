/// A type that arrays can be made of.
///
/// `[UInt8]` is not an array to the server but a `bytea`, hence the requirements about whole arrays.
public protocol PostgresArrayElement: Sendable {
    /// The type of the array.
    static var postgresArrayType: PostgresType { get }
    /// Appends an array in binary form.
    static func encodeArray(_ elements: [Self], into buffer: inout PostgresBuffer) throws(PostgresError)
    /// Reads an array.
    static func decodeArray(_ cell: PostgresCell) throws(PostgresError) -> [Self]
}

extension PostgresArrayElement where Self: PostgresEncodable {
    /// Appends the header and each element with its length, NULL having the length -1.
    public static func encodeArray(
        _ elements: [Self],
        into buffer: inout PostgresBuffer
    ) throws(PostgresError) {
        guard !elements.isEmpty else {
            buffer.append(Int32(0))
            buffer.append(Int32(0))
            buffer.append(postgresType.rawValue)
            return
        }
        guard let count = Int32(exactly: elements.count) else {
            throw PostgresError(code: .encoding, message: "an array has too many elements")
        }
        buffer.append(Int32(1))
        let flags = buffer.bytes.count
        buffer.append(Int32(0))
        buffer.append(postgresType.rawValue)
        buffer.append(count)
        buffer.append(Int32(1))
        var hasNull = false
        for element in elements {
            if element.isPostgresNull {
                hasNull = true
                buffer.append(Int32(-1))
            } else {
                try buffer.appendWithLength { (buffer) throws(PostgresError) in
                    try element.encode(into: &buffer)
                }
            }
        }
        if hasNull { buffer.overwrite(1, at: flags) }
    }
}

extension PostgresArrayElement where Self: PostgresDecodable {
    /// Reads an array of one dimension.
    public static func decodeArray(_ cell: PostgresCell) throws(PostgresError) -> [Self] {
        guard cell.isBinary else { return try decodeArrayLiteral(cell) }
        guard cell.type.element != nil else { throw cell.mismatch("an array") }
        var reader = CellReader(cell.bytes)
        guard let dimensions = reader.integer(as: Int32.self), reader.integer(as: Int32.self) != nil,
            let type = reader.integer(as: UInt32.self)
        else { throw cell.malformed() }
        if dimensions == 0 { return [] }
        guard dimensions == 1 else { throw cell.mismatch("an array of one dimension") }
        guard let count = reader.integer(as: Int32.self), reader.integer(as: Int32.self) != nil, count >= 0
        else { throw cell.malformed() }
        var elements: [Self] = []
        elements.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let length = reader.integer(as: Int32.self) else { throw cell.malformed() }
            if length == -1 {
                elements.append(try null())
                continue
            }
            guard let bytes = reader.take(Int(length)) else { throw cell.malformed() }
            let element = PostgresCell(type: PostgresType(rawValue: type), isBinary: true, bytes: bytes)
            elements.append(try decode(element))
        }
        return elements
    }

    private static func decodeArrayLiteral(_ cell: PostgresCell) throws(PostgresError) -> [Self] {
        guard let literals = ArrayLiteral.parse(cell.bytes) else { throw cell.mismatch("an array") }
        // Of a type that we do not know, such as an array of an enumeration, only the text is known.
        let type = cell.type.element ?? PostgresType(rawValue: 0)
        var elements: [Self] = []
        elements.reserveCapacity(literals.count)
        for literal in literals {
            guard let literal else {
                elements.append(try null())
                continue
            }
            let decoded: Result<Self, PostgresError> = literal.withUnsafeBytes { bytes in
                do throws(PostgresError) {
                    return .success(try decode(PostgresCell(type: type, isBinary: false, bytes: bytes)))
                } catch { return .failure(error) }
            }
            elements.append(try decoded.get())
        }
        return elements
    }

    private static func null() throws(PostgresError) -> Self {
        guard let null = postgresNull else {
            throw PostgresError(code: .decoding, message: "an element of the array is NULL")
        }
        return null
    }
}

extension Optional: PostgresArrayElement
where Wrapped: PostgresArrayElement & PostgresEncodable & PostgresDecodable {
    /// The array type of the wrapped type.
    public static var postgresArrayType: PostgresType { Wrapped.postgresArrayType }
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    /// The element's array type.
    public static var postgresType: PostgresType { Element.postgresArrayType }

    /// Appends the array.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        try Element.encodeArray(self, into: &buffer)
    }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    /// Reads an array of one dimension.
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> [Element] {
        try Element.decodeArray(cell)
    }
}
