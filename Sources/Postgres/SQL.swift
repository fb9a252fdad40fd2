/// A statement with its parameters.
///
/// Written as a string literal. `\(value)` becomes `$n` and a typed parameter, so that data can never turn into
/// SQL:
///
/// ```swift
/// let sql: SQL = "SELECT id FROM jobs WHERE cluster = \(cluster) AND state = \(state)"
/// ```
///
/// Only what a program holds itself can be spliced into the text: `\(unescaped: "ASC")` takes a literal,
/// `\(identifier: name)` quotes a name, `\(fragment: sql)` takes another statement with its parameters.
///
/// A `String` is sent as `text`; where a column is of an enumerated type write a cast, `\(state)::job_state`.
public struct SQL: ExpressibleByStringInterpolation, Sendable, CustomStringConvertible {
    /// One parameter: its type, and where its bytes are.
    struct Bind: Sendable {
        let type: PostgresType
        let offset: Int
        /// The number of bytes, or nil for NULL.
        let length: Int?
    }

    /// The statement's text with `$1`, `$2` and so on in place of values.
    public private(set) var text: String
    /// The types of the parameters, in order.
    public var binds: [PostgresType] { values.map(\.type) }

    private(set) var values: [Bind]
    private(set) var bytes: [UInt8]
    /// The first value that could not be encoded; thrown when the statement is run.
    private(set) var failure: PostgresError?
    /// Offsets in the text's UTF-8 of each `$`, to renumber fragments.
    private var placeholders: [Int]

    /// A statement without parameters.
    public init(stringLiteral value: String) {
        text = value
        values = []
        bytes = []
        placeholders = []
    }

    /// A statement with the parameters of the interpolation.
    public init(stringInterpolation: StringInterpolation) {
        self = stringInterpolation.sql
    }

    /// The text; parameters are never shown.
    public var description: String { text }

    /// What the compiler fills while it evaluates a literal.
    public struct StringInterpolation: StringInterpolationProtocol, Sendable {
        fileprivate var sql: SQL = ""

        /// Makes room for a literal.
        public init(literalCapacity: Int, interpolationCount: Int) {
            sql.text.reserveCapacity(literalCapacity + interpolationCount * 3)
            sql.values.reserveCapacity(interpolationCount)
            sql.placeholders.reserveCapacity(interpolationCount)
        }

        /// Takes a piece of the literal.
        public mutating func appendLiteral(_ literal: String) { sql.text += literal }

        /// Takes a value as a parameter.
        public mutating func appendInterpolation(_ value: some PostgresEncodable) { sql.bind(value) }

        /// Adds a value that may be NULL as a parameter.
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) {
            sql.bind(value)
        }

        /// Splices text that is part of the program.
        public mutating func appendInterpolation(unescaped text: StaticString) {
            sql.text += text.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
        }

        /// Splices a name, quoted.
        ///
        /// `schema.table` is two names.
        public mutating func appendInterpolation(identifier name: String) {
            sql.text += SQL.quoted(identifier: name)
        }

        /// Splices another statement together with its parameters.
        public mutating func appendInterpolation(fragment: SQL) { sql.splice(fragment) }
    }

    /// A name in double quotes; each part of a dotted name by itself.
    static func quoted(identifier name: String) -> String {
        name.split(separator: ".", omittingEmptySubsequences: false)
            .map { part in
                "\"" + part.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
                    + "\""
            }
            .joined(separator: ".")
    }

    private mutating func bind(_ value: some PostgresEncodable) {
        let start = bytes.count
        var length: Int?
        if !value.isPostgresNull {
            var buffer = PostgresBuffer(bytes: [])
            swap(&buffer.bytes, &bytes)
            do throws(PostgresError) { try value.encode(into: &buffer) } catch {
                if failure == nil { failure = error }
            }
            swap(&buffer.bytes, &bytes)
            length = bytes.count - start
        }
        values.append(Bind(type: value.postgresType, offset: start, length: length))
        appendPlaceholder(values.count)
    }

    private mutating func appendPlaceholder(_ number: Int) {
        placeholders.append(text.utf8.count)
        text += "$\(number)"
    }

    private mutating func splice(_ other: SQL) {
        let (firstValue, firstByte) = (values.count, bytes.count)
        var rest = other.text.utf8[...]
        var position = 0
        for (index, placeholder) in other.placeholders.enumerated() {
            text += Substring(rest.prefix(placeholder - position))
            let digits = String(index + 1).utf8.count
            rest = rest.dropFirst(placeholder - position + 1 + digits)
            position = placeholder + 1 + digits
            appendPlaceholder(firstValue + index + 1)
        }
        text += Substring(rest)
        bytes += other.bytes
        values += other.values.map { Bind(type: $0.type, offset: $0.offset + firstByte, length: $0.length) }
        if failure == nil { failure = other.failure }
    }
}
