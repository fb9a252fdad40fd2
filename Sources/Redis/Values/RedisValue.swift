/// One reply of a Redis server (RESP 2).
public enum RedisValue: Equatable, Sendable {
    /// A null bulk string or a null array.
    case null
    /// An integer reply.
    case integer(Int64)
    /// A bulk string: any bytes.
    case bulk([UInt8])
    /// A one-line status such as `OK`.
    case status(String)
    /// An array, possibly nested.
    case array([RedisValue])
    /// An error text; only inside arrays, for at the top it is thrown.
    case error(String)

    /// Whether this is the null reply.
    public var isNull: Bool { self == .null }

    /// The integer, also when it was sent as text; nil for anything else.
    public var int: Int? {
        switch self {
        case .integer(let value): Int(exactly: value)
        case .bulk, .status: string.flatMap { Int($0) }
        case .null, .array, .error: nil
        }
    }

    /// The floating-point number, also when it was sent as text (as scores are); nil for anything else.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .bulk, .status: string.flatMap { Double($0) }
        case .null, .array, .error: nil
        }
    }

    /// The text of a bulk string or status, invalid UTF-8 repaired; nil for anything else.
    public var string: String? {
        switch self {
        case .bulk(let bytes): String(decoding: bytes, as: UTF8.self)
        case .status(let text): text
        case .null, .integer, .array, .error: nil
        }
    }

    /// The bytes of a bulk string or status; nil for anything else.
    public var bytes: [UInt8]? {
        switch self {
        case .bulk(let bytes): bytes
        case .status(let text): Array(text.utf8)
        case .null, .integer, .array, .error: nil
        }
    }

    /// The elements of an array; nil for anything else.
    public var array: [RedisValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }
}
