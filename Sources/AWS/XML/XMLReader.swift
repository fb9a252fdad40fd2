/// Reads the XML that AWS answers with, and no more than that.
///
/// Elements, text, comments, CDATA, the five named entities and numeric ones. A document type, an entity of
/// its own, or a processing instruction after the beginning is an error. Attributes (AWS sends only
/// namespaces) are checked for their form and dropped. Size, depth and the number of elements are bounded;
/// nothing recurses.
package struct XMLReader {
    /// Bounds of a document.
    package struct Limits: Sendable {
        package var bytes = 32 << 20
        package var depth = 64
        package var elements = 1 << 20

        package init() {}
    }

    /// Why a document is refused; never quotes it.
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let description: String
        /// Where, in bytes.
        package let offset: Int
    }

    private static let entities = ["lt": "<", "gt": ">", "amp": "&", "quot": "\"", "apos": "'"]

    private let bytes: [UInt8]
    private let limits: Limits
    private var position = 0
    private var elementCount = 0

    private init(_ bytes: [UInt8], _ limits: Limits) {
        self.bytes = bytes
        self.limits = limits
    }

    /// Reads a document.
    ///
    /// - Returns: Its root.
    package static func read(
        _ bytes: [UInt8],
        limits: Limits = Limits()
    ) throws(Failure) -> XMLElement {
        guard bytes.count <= limits.bytes else { throw Failure(description: "too large", offset: 0) }
        // All text is cut at ASCII characters, so that what is valid as a whole is valid in its parts.
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw Failure(description: "not UTF-8", offset: 0)
        }
        var reader = XMLReader(bytes, limits)
        return try reader.document()
    }

    private mutating func document() throws(Failure) -> XMLElement {
        if startsWith("\u{FEFF}") { position += 3 }
        if startsWith("<?xml"), position + 5 < bytes.count, Self.isSpace(bytes[position + 5]) {
            try skip(past: "?>")
        }
        try skipMisc()
        var open: [XMLElement] = []
        var texts: [[UInt8]] = []
        while true {
            guard position < bytes.count else { throw failure("ends too early") }
            if bytes[position] != UInt8(ascii: "<") {
                guard !open.isEmpty else { throw failure("text outside the root") }
                try appendText(to: &texts[texts.count - 1])
            } else if startsWith("</") {
                position += 2
                let name = try readName()
                skipSpace()
                try expect(">")
                guard var element = open.popLast(), let text = texts.popLast(), element.name == name else {
                    throw failure("an end tag without its start")
                }
                // Layout between elements is not text.
                if element.children.isEmpty { element.text = String(decoding: text, as: UTF8.self) }
                if open.isEmpty { return try finished(element) }
                open[open.count - 1].children.append(element)
            } else if startsWith("<!--") {
                try skip(past: "-->")
            } else if startsWith("<![CDATA[") {
                guard !open.isEmpty else { throw failure("text outside the root") }
                position += 9
                let start = position
                try skip(past: "]]>")
                texts[texts.count - 1] += bytes[start..<(position - 3)]
            } else if startsWith("<!") || startsWith("<?") {
                throw failure("a declaration or instruction")
            } else {
                position += 1
                let element = XMLElement(name: try readName())
                elementCount += 1
                guard elementCount <= limits.elements else { throw failure("too many elements") }
                guard open.count < limits.depth else { throw failure("too deep") }
                if try readAttributes() {
                    if open.isEmpty { return try finished(element) }
                    open[open.count - 1].children.append(element)
                } else {
                    open.append(element)
                    texts.append([])
                }
            }
        }
    }

    private mutating func finished(_ root: XMLElement) throws(Failure) -> XMLElement {
        try skipMisc()
        guard position == bytes.count else { throw failure("something after the root") }
        return root
    }

    /// Skips attributes; returns whether the element ended with its start tag.
    private mutating func readAttributes() throws(Failure) -> Bool {
        while true {
            let start = position
            skipSpace()
            if startsWith("/>") {
                position += 2
                return true
            }
            if startsWith(">") {
                position += 1
                return false
            }
            guard position > start else { throw failure("a broken start tag") }
            _ = try readName()
            skipSpace()
            try expect("=")
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") || bytes[position] == 0x27
            else { throw failure("an attribute without quotes") }
            let quote = bytes[position]
            position += 1
            while position < bytes.count, bytes[position] != quote {
                guard bytes[position] != UInt8(ascii: "<") else { throw failure("a broken attribute") }
                position += 1
            }
            guard position < bytes.count else { throw failure("ends in an attribute") }
            position += 1
        }
    }

    private mutating func appendText(to text: inout [UInt8]) throws(Failure) {
        while position < bytes.count, bytes[position] != UInt8(ascii: "<") {
            let byte = bytes[position]
            if byte == UInt8(ascii: "&") {
                text += try readEntity()
            } else {
                guard byte >= 0x20 || Self.isSpace(byte) else { throw failure("a control character") }
                text.append(byte)
                position += 1
            }
        }
    }

    private mutating func readEntity() throws(Failure) -> [UInt8] {
        // The longest is &#x10FFFF; leading zeros are tolerated to a point.
        let name = bytes[(position + 1)...].prefix(12).prefix { $0 != UInt8(ascii: ";") }
        let end = name.endIndex
        guard end < bytes.count, bytes[end] == UInt8(ascii: ";") else { throw failure("a broken entity") }
        let text = String(decoding: name, as: UTF8.self)
        var result = Self.entities[text]
        if result == nil, text.hasPrefix("#") {
            let digits = text.dropFirst(text.hasPrefix("#x") ? 2 : 1)
            let radix = text.hasPrefix("#x") ? 16 : 10
            if digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
                let value = UInt32(digits, radix: radix), let scalar = Unicode.Scalar(value),
                value >= 0x20 || Self.isSpace(UInt8(value))
            {
                result = String(scalar)
            }
        }
        guard let result else { throw failure("an unknown entity") }
        position = end + 1
        return Array(result.utf8)
    }

    /// Reads a name, and drops the prefix of its namespace.
    private mutating func readName() throws(Failure) -> String {
        let start = position
        while position < bytes.count, Self.isNameByte(bytes[position]) { position += 1 }
        guard position > start, Self.isNameStart(bytes[start]) else { throw failure("a broken name") }
        let name = bytes[start..<position]
        let local = name.lastIndex(of: UInt8(ascii: ":")).map { name[($0 + 1)...] } ?? name
        guard !local.isEmpty else { throw failure("a broken name") }
        return String(decoding: local, as: UTF8.self)
    }

    private mutating func skipMisc() throws(Failure) {
        while true {
            skipSpace()
            guard startsWith("<!--") else { return }
            try skip(past: "-->")
        }
    }

    private mutating func skipSpace() {
        while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    }

    private mutating func skip(past end: StaticString) throws(Failure) {
        while position < bytes.count {
            if startsWith(end) {
                position += end.utf8CodeUnitCount
                return
            }
            position += 1
        }
        throw failure("ends too early")
    }

    private mutating func expect(_ text: StaticString) throws(Failure) {
        guard startsWith(text) else { throw failure("a broken tag") }
        position += text.utf8CodeUnitCount
    }

    private func startsWith(_ text: StaticString) -> Bool {
        guard position + text.utf8CodeUnitCount <= bytes.count else { return false }
        return text.withUTF8Buffer { expected in
            for index in 0..<expected.count where bytes[position + index] != expected[index] { return false }
            return true
        }
    }

    private func failure(_ description: String) -> Failure {
        Failure(description: description, offset: position)
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    private static func isNameStart(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_")
            || byte >= 0x80
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        isNameStart(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
    }
}
