/// A value that can be read from a row.
public protocol PostgresDecodable {
    /// What NULL is read as; nil where NULL is an error, which is the default.
    static var postgresNull: Self? { get }
    /// Reads a value that is not NULL.
    ///
    /// - Throws: ``PostgresError`` with code `decoding`, not holding the value.
    static func decode(_ cell: PostgresCell) throws(PostgresError) -> Self
}

extension PostgresDecodable {
    /// NULL is an error.
    public static var postgresNull: Self? { nil }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
    /// Reads the raw value; one without a case is an error.
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Self {
        guard let value = Self(rawValue: try RawValue.decode(cell)) else {
            throw PostgresError(code: .decoding, message: "holds a value that \(Self.self) does not have")
        }
        return value
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    /// NULL is nil.
    public static var postgresNull: Wrapped?? { .some(nil) }

    /// Reads the wrapped value.
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Wrapped? {
        try Wrapped.decode(cell)
    }
}
