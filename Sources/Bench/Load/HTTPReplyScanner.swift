/// Finds where a reply of HTTP/1.1 ends, and its status.
///
/// For a server that gives lengths, and does not answer in chunks.
struct HTTPReplyScanner {
    private(set) var bytes: [UInt8] = []
    private var end: Int?

    /// Adds what arrived.
    ///
    /// - Returns: The reply's status once it is complete; nil until then, and 0 if it is no such reply.
    mutating func received(_ more: UnsafeRawBufferPointer) -> Int? {
        bytes.append(contentsOf: more)
        if end == nil {
            guard let head = Self.position(of: "\r\n\r\n", in: bytes) else { return nil }
            guard let length = Self.length(bytes[..<head]) else { return 0 }
            end = head + 4 + length
        }
        guard let end, bytes.count >= end else { return nil }
        let status = Self.number(bytes[..<end].dropFirst(9).prefix(3)) ?? 0
        bytes.removeFirst(end)
        self.end = nil
        return status
    }

    private static func length(_ head: ArraySlice<UInt8>) -> Int? {
        let name = "\r\ncontent-length:"
        guard let start = position(of: name, in: head.map { $0 | ($0 > 64 && $0 < 91 ? 32 : 0) }) else {
            return nil
        }
        let rest = head.dropFirst(start + name.utf8.count).drop { $0 == UInt8(ascii: " ") }
        return number(rest.prefix { $0 >= 48 && $0 < 58 })
    }

    private static func number(_ digits: some Sequence<UInt8>) -> Int? {
        Int(String(decoding: Array(digits), as: UTF8.self))
    }

    private static func position(of text: String, in bytes: [UInt8]) -> Int? {
        let wanted = Array(text.utf8)
        guard bytes.count >= wanted.count else { return nil }
        return (0...(bytes.count - wanted.count)).first { start in
            for offset in wanted.indices where bytes[start + offset] != wanted[offset] { return false }
            return true
        }
    }
}
