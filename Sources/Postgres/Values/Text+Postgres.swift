import Glibc

extension String: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    /// `text`.
    public static var postgresType: PostgresType { .text }
    /// `text[]`.
    public static var postgresArrayType: PostgresType { .textArray }

    /// Appends the UTF-8.
    ///
    /// - Throws: ``PostgresError`` with code `encoding` if it holds the character NUL, which no database text can.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        let start = buffer.bytes.count
        buffer.append(contentsOf: utf8)
        let hasNul = buffer.bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, bytes.count > start else { return false }
            return memchr(base + start, 0, bytes.count - start) != nil
        }
        if hasNul { throw PostgresError(code: .encoding, message: "a text holds the character NUL") }
    }

    /// Reads any text type, and the text of types that have no Swift counterpart (enumerations, `interval`,
    /// `inet` and so on).
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> String {
        guard let text = cell.text else { throw cell.mismatch("String") }
        return text
    }
}

/// A JSON document, as bytes nobody has parsed.
public struct PostgresJSON: Sendable, Hashable, PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    /// `jsonb`.
    public static var postgresType: PostgresType { .jsonb }
    /// `jsonb[]`.
    public static var postgresArrayType: PostgresType { .jsonbArray }

    /// The document in UTF-8.
    public var bytes: [UInt8]

    /// Takes a document in UTF-8; the server checks it.
    public init(bytes: [UInt8]) { self.bytes = bytes }

    /// Takes a document; the server checks it.
    public init(_ text: String) { bytes = Array(text.utf8) }

    /// The document as text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Appends the version of the format, 1, and the document.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        buffer.append(UInt8(1))
        buffer.append(contentsOf: bytes)
    }

    /// Reads `jsonb` or `json`.
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> PostgresJSON {
        switch (cell.type, cell.isBinary) {
        case (.jsonb, true):
            guard cell.bytes.first == 1 else { throw cell.malformed() }
            return PostgresJSON(bytes: Array(cell.bytes.dropFirst()))
        case (.json, _), (.jsonb, false): return PostgresJSON(bytes: Array(cell.bytes))
        default: throw cell.mismatch("PostgresJSON")
        }
    }
}
