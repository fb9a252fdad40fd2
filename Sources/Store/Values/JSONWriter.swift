public import FoundationEssentials

/// Writes JSON text into bytes, piece by piece: nothing is built that is not written.
///
/// It puts the commas; that names and values come in an order that makes JSON is its user's part.
public struct JSONWriter: Sendable {
    /// What was written so far: UTF-8.
    public private(set) var bytes: [UInt8] = []
    /// Whether a comma comes before the next name or value.
    private var follows = false

    /// - Parameter capacity: How many bytes are expected.
    public init(reserving capacity: Int = 512) {
        bytes.reserveCapacity(capacity)
    }

    /// Begins an object.
    public mutating func beginObject() { open(UInt8(ascii: "{")) }
    /// Ends an object.
    public mutating func endObject() { close(UInt8(ascii: "}")) }
    /// Begins an array.
    public mutating func beginArray() { open(UInt8(ascii: "[")) }
    /// Ends an array.
    public mutating func endArray() { close(UInt8(ascii: "]")) }

    /// The name of the member whose value comes next.
    public mutating func name(_ name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
    }

    /// A string.
    public mutating func string(_ text: String) {
        separate()
        quote(text)
        follows = true
    }

    /// A string, or null.
    public mutating func string(_ text: String?) {
        if let text { string(text) } else { null() }
    }

    /// A whole number.
    public mutating func integer(_ value: some BinaryInteger) { literal(String(value)) }
    /// true or false.
    public mutating func bool(_ value: Bool) { literal(value ? "true" : "false") }
    /// null.
    public mutating func null() { literal("null") }

    /// A number.
    ///
    /// - Throws: ``JSONError`` if JSON cannot hold it: infinity or no number.
    public mutating func number(_ value: Double) throws(JSONError) {
        guard value.isFinite else { throw JSONError(code: .notANumber) }
        let text = "\(value)"
        literal(text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
    }

    /// A time, as ``FoundationEssentials/Date/rfc3339``.
    public mutating func time(_ date: Date) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        date.appendRFC3339(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        follows = true
    }

    /// A time, or null.
    public mutating func time(_ date: Date?) {
        if let date { time(date) } else { null() }
    }

    /// A value that is JSON text already.
    public mutating func value(text: [UInt8]) {
        separate()
        bytes.append(contentsOf: text)
        follows = true
    }

    /// Any value; an object's keys in order.
    ///
    /// - Throws: ``JSONError`` for a number JSON cannot hold.
    public mutating func value(_ value: JSONValue) throws(JSONError) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .integer(let value): integer(value)
        case .number(let value): try number(value)
        case .string(let text): string(text)
        case .array(let values):
            beginArray()
            for value in values { try self.value(value) }
            endArray()
        case .object(let members):
            beginObject()
            for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                name(key)
                try self.value(value)
            }
            endObject()
        }
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        follows = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        follows = true
    }

    private mutating func separate() {
        if follows { bytes.append(UInt8(ascii: ",")) }
        follows = false
    }

    private mutating func literal(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
        follows = true
    }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { Self.escape($0, into: &bytes) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Copies what needs no escape in runs: nearly always the whole text.
    private static func escape(_ text: UnsafeBufferPointer<UInt8>, into bytes: inout [UInt8]) {
        var start = 0
        for (position, byte) in text.enumerated()
        where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
            bytes.append(contentsOf: text[start..<position])
            start = position + 1
            bytes.append(UInt8(ascii: "\\"))
            switch byte {
            case UInt8(ascii: "\n"): bytes.append(UInt8(ascii: "n"))
            case UInt8(ascii: "\r"): bytes.append(UInt8(ascii: "r"))
            case UInt8(ascii: "\t"): bytes.append(UInt8(ascii: "t"))
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
            default:
                bytes.append(contentsOf: byte < 0x10 ? "u000".utf8 : "u001".utf8)
                let digit = byte & 15
                bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
        bytes.append(contentsOf: text[start...])
    }
}
