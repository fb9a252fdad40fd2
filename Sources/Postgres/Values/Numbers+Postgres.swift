extension Bool: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    /// `boolean`.
    public static var postgresType: PostgresType { .bool }
    /// `boolean[]`.
    public static var postgresArrayType: PostgresType { .boolArray }

    /// Appends one byte.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        buffer.append(UInt8(self ? 1 : 0))
    }

    /// Reads a `boolean`.
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Bool {
        guard cell.type == .bool else { throw cell.mismatch("Bool") }
        guard cell.bytes.count == 1 else { throw cell.malformed() }
        return cell.isBinary ? cell.bytes[0] != 0 : cell.bytes[0] == UInt8(ascii: "t")
    }
}

extension Int16: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    /// `smallint`.
    public static var postgresType: PostgresType { .int2 }
    /// `smallint[]`.
    public static var postgresArrayType: PostgresType { .int2Array }
}

extension Int32: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    /// `integer`.
    public static var postgresType: PostgresType { .int4 }
    /// `integer[]`.
    public static var postgresArrayType: PostgresType { .int4Array }
}

extension Int64: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    /// `bigint`.
    public static var postgresType: PostgresType { .int8 }
    /// `bigint[]`.
    public static var postgresArrayType: PostgresType { .int8Array }
}

extension Int: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    /// `bigint`.
    public static var postgresType: PostgresType { .int8 }
    /// `bigint[]`.
    public static var postgresArrayType: PostgresType { .int8Array }
}

extension FixedWidthInteger where Self: PostgresEncodable {
    /// Appends the integer, most significant byte first.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        buffer.append(self)
    }
}

extension FixedWidthInteger where Self: PostgresDecodable {
    /// Reads any integer type, if the value fits.
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Self {
        let wide: Int64
        switch (cell.type, cell.isBinary) {
        case (.int2, true): wide = Int64(try cell.integer(as: Int16.self))
        case (.int4, true): wide = Int64(try cell.integer(as: Int32.self))
        case (.int8, true): wide = try cell.integer(as: Int64.self)
        case (.oid, true): wide = Int64(try cell.integer(as: UInt32.self))
        case (.int2, false), (.int4, false), (.int8, false), (.oid, false):
            guard let value = Int64(cell.literal) else { throw cell.malformed() }
            wide = value
        default: throw cell.mismatch("\(Self.self)")
        }
        guard let value = Self(exactly: wide) else { throw cell.outOfRange("\(Self.self)") }
        return value
    }
}

extension Double: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    /// `double precision`.
    public static var postgresType: PostgresType { .float8 }
    /// `double precision[]`.
    public static var postgresArrayType: PostgresType { .float8Array }

    /// Appends the bit pattern.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        buffer.append(bitPattern)
    }

    /// Reads `double precision` or `real`.
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Double {
        switch (cell.type, cell.isBinary) {
        case (.float8, true): return Double(bitPattern: try cell.integer())
        case (.float4, true): return Double(Float(bitPattern: try cell.integer()))
        case (.float8, false):
            guard let value = Double(cell.literal) else { throw cell.malformed() }
            return value
        case (.float4, false):
            guard let value = Float(cell.literal) else { throw cell.malformed() }
            return Double(value)
        default: throw cell.mismatch("Double")
        }
    }
}
