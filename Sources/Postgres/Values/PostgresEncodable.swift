/// A value that can be a parameter of a statement.
///
/// Parameters travel in binary form with their type stated. An enumeration whose raw value is encodable needs
/// no code of its own:
///
/// ```swift
/// enum JobState: String, PostgresEncodable, PostgresDecodable { case pending, running }
/// ```
public protocol PostgresEncodable: Sendable {
    /// The type the server is told.
    static var postgresType: PostgresType { get }
    /// Whether the value is NULL; then ``encode(into:)`` is not called.
    var isPostgresNull: Bool { get }
    /// Appends the type's binary form.
    func encode(into buffer: inout PostgresBuffer) throws(PostgresError)
}

extension PostgresEncodable {
    /// Not NULL.
    public var isPostgresNull: Bool { false }

    var postgresType: PostgresType { Self.postgresType }
}

extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
    /// The raw value's type.
    public static var postgresType: PostgresType { RawValue.postgresType }

    /// Appends the raw value.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        try rawValue.encode(into: &buffer)
    }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    /// The wrapped type's type.
    public static var postgresType: PostgresType { Wrapped.postgresType }
    /// Whether it is nil.
    public var isPostgresNull: Bool { self?.isPostgresNull ?? true }

    /// Appends the wrapped value.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        try self?.encode(into: &buffer)
    }
}
