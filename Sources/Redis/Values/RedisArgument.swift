/// One argument of a command: any bytes, written as a literal or made from a value.
public enum RedisArgument: Equatable, Sendable {
    /// Text, sent as UTF-8.
    case string(String)
    /// Bytes, sent as they are.
    case bytes([UInt8])
    /// An integer, sent in decimal.
    case integer(Int64)
    /// A number, sent in its shortest exact form; infinities as `inf` and `-inf`.
    case double(Double)

    /// Makes an argument of a text.
    public init(_ value: String) { self = .string(value) }

    /// Makes an argument of bytes.
    public init(_ value: [UInt8]) { self = .bytes(value) }

    /// Makes an argument of an integer.
    public init(_ value: Int) { self = .integer(Int64(value)) }

    /// Makes an argument of an integer.
    public init(_ value: Int64) { self = .integer(value) }

    /// Makes an argument of a number.
    public init(_ value: Double) { self = .double(value) }
}

extension RedisArgument: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    /// Makes an argument of a text literal.
    public init(stringLiteral value: String) { self = .string(value) }
}

extension RedisArgument: ExpressibleByIntegerLiteral {
    /// Makes an argument of an integer literal.
    public init(integerLiteral value: Int64) { self = .integer(value) }
}

extension RedisArgument: ExpressibleByFloatLiteral {
    /// Makes an argument of a number literal.
    public init(floatLiteral value: Double) { self = .double(value) }
}

extension RedisArgument: CustomStringConvertible, CustomReflectable {
    /// The kind only: arguments are payload and do not belong in logs.
    public var description: String {
        switch self {
        case .string: "<string>"
        case .bytes: "<bytes>"
        case .integer: "<integer>"
        case .double: "<double>"
        }
    }

    /// Nothing, for the same reason.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
