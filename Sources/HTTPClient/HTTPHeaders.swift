/// The header fields of a response, in the order received.
public struct HTTPHeaders: Sendable, RandomAccessCollection {
    /// Name and value of each field; repeated fields appear repeatedly.
    public let fields: [(name: String, value: String)]

    /// Makes headers of the given fields.
    public init(_ fields: [(name: String, value: String)] = []) {
        self.fields = fields
    }

    /// The first value of a field, its name compared without case.
    public subscript(name: String) -> String? {
        first { Self.areEqual($0.name, name) }?.value
    }

    /// Every value of a field, its name compared without case.
    public func all(_ name: String) -> [String] {
        filter { Self.areEqual($0.name, name) }.map(\.value)
    }

    /// The index of the first field.
    public var startIndex: Int { fields.startIndex }
    /// The index after the last field.
    public var endIndex: Int { fields.endIndex }
    /// The field at an index.
    public subscript(position: Int) -> (name: String, value: String) { fields[position] }

    /// Field names are ASCII, so folding its letters is all that case-insensitivity means here.
    package static func areEqual(_ one: String, _ other: String) -> Bool {
        one.utf8.count == other.utf8.count
            && zip(one.utf8, other.utf8).allSatisfy { folded($0) == folded($1) }
    }

    private static func folded(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
}
