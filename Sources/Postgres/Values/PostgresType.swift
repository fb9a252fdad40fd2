/// The object identifier of a type, as the server's catalogue numbers it.
public struct PostgresType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The number in `pg_type`.
    public let rawValue: UInt32

    /// Takes a number of `pg_type`.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    static let bool = Self(rawValue: 16)
    static let bytea = Self(rawValue: 17)
    static let name = Self(rawValue: 19)
    static let int8 = Self(rawValue: 20)
    static let int2 = Self(rawValue: 21)
    static let int4 = Self(rawValue: 23)
    static let text = Self(rawValue: 25)
    static let oid = Self(rawValue: 26)
    static let json = Self(rawValue: 114)
    static let float4 = Self(rawValue: 700)
    static let float8 = Self(rawValue: 701)
    static let unknown = Self(rawValue: 705)
    static let bpchar = Self(rawValue: 1042)
    static let varchar = Self(rawValue: 1043)
    static let timestamptz = Self(rawValue: 1184)
    static let numeric = Self(rawValue: 1700)
    static let void = Self(rawValue: 2278)
    static let uuid = Self(rawValue: 2950)
    static let jsonb = Self(rawValue: 3802)

    static let jsonArray = Self(rawValue: 199)
    static let boolArray = Self(rawValue: 1000)
    static let byteaArray = Self(rawValue: 1001)
    static let nameArray = Self(rawValue: 1003)
    static let int2Array = Self(rawValue: 1005)
    static let int4Array = Self(rawValue: 1007)
    static let textArray = Self(rawValue: 1009)
    static let bpcharArray = Self(rawValue: 1014)
    static let varcharArray = Self(rawValue: 1015)
    static let int8Array = Self(rawValue: 1016)
    static let float4Array = Self(rawValue: 1021)
    static let float8Array = Self(rawValue: 1022)
    static let oidArray = Self(rawValue: 1028)
    static let timestamptzArray = Self(rawValue: 1185)
    static let numericArray = Self(rawValue: 1231)
    static let uuidArray = Self(rawValue: 2951)
    static let jsonbArray = Self(rawValue: 3807)

    private static let scalars: [Self: String] = [
        bool: "boolean", bytea: "bytea", name: "name", int8: "bigint", int2: "smallint", int4: "integer",
        text: "text", oid: "oid", json: "json", float4: "real", float8: "double precision",
        unknown: "unknown", bpchar: "character", varchar: "character varying",
        timestamptz: "timestamp with time zone", numeric: "numeric", void: "void", uuid: "uuid",
        jsonb: "jsonb",
    ]

    private static let elements: [Self: Self] = [
        jsonArray: json, boolArray: bool, byteaArray: bytea, nameArray: name, int2Array: int2,
        int4Array: int4, textArray: text, bpcharArray: bpchar, varcharArray: varchar, int8Array: int8,
        float4Array: float4, float8Array: float8, oidArray: oid, timestamptzArray: timestamptz,
        numericArray: numeric, uuidArray: uuid, jsonbArray: jsonb,
    ]

    /// What an array of this type is made of; nil for anything but an array we know.
    var element: Self? { Self.elements[self] }

    /// Whether its binary form is its text.
    var isText: Bool {
        switch self {
        case .text, .varchar, .bpchar, .name, .json, .unknown, .void: true
        default: false
        }
    }

    /// Whether we read its binary form exactly; the server is asked for text otherwise.
    var isReadAsBinary: Bool { Self.scalars[self] != nil || Self.elements[self] != nil }

    /// The type's name, or its number.
    public var description: String {
        if let name = Self.scalars[self] { return name }
        if let element { return "\(element)[]" }
        return "type \(rawValue)"
    }
}
