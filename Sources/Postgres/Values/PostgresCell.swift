/// One value of an answer as the server sent it.
///
/// Valid only while it is being decoded.
public struct PostgresCell {
    /// The type of the value.
    public let type: PostgresType
    /// Whether the bytes are the type's binary form; its text otherwise.
    let isBinary: Bool
    let bytes: UnsafeRawBufferPointer

    /// The value's text, if its type is one of text or one that only its text is known of.
    var text: String? {
        guard type.isText || !type.isReadAsBinary else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The characters of a value that came as text.
    var literal: String { String(decoding: bytes, as: UTF8.self) }

    /// An integer of exactly its size.
    func integer<Value: FixedWidthInteger>(as type: Value.Type = Value.self) throws(PostgresError) -> Value {
        guard bytes.count == MemoryLayout<Value>.size else { throw malformed() }
        return Value(bigEndian: bytes.loadUnaligned(as: Value.self))
    }

    /// The value is of another type than asked for.
    func mismatch(_ expected: String) -> PostgresError {
        PostgresError(code: .decoding, message: "\(type) cannot be read as \(expected)")
    }

    /// The value's bytes are not what its type says.
    func malformed() -> PostgresError {
        PostgresError(code: .decoding, message: "malformed \(type)")
    }

    /// The value does not fit what was asked for.
    func outOfRange(_ expected: String) -> PostgresError {
        PostgresError(code: .decoding, message: "\(type) is out of range for \(expected)")
    }
}

/// A cursor over the bytes of a compound value.
struct CellReader {
    private(set) var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    mutating func integer<Value: FixedWidthInteger>(as type: Value.Type = Value.self) -> Value? {
        guard let bytes = take(MemoryLayout<Value>.size) else { return nil }
        return Value(bigEndian: bytes.loadUnaligned(as: Value.self))
    }

    mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count >= 0, rest.count >= count else { return nil }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }
        return UnsafeRawBufferPointer(rebasing: rest[..<count])
    }
}
