/// Reads JSON as RFC 8259 has it, and nothing beyond: no trailing commas, no comments, no lone surrogates, UTF-8 only.
///
/// The readings that the RFC leaves open: the first of several members of one name counts; a number that is whole and
/// fits 64 bits is an integer, however it is written; a byte order mark at the beginning is skipped.
struct JSONParser {
    /// How deep arrays and objects may be nested; more could exhaust the stack.
    static let maximumDepth = 64

    // An array and not a pointer: what clients send is read with bounds checked.
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The whole text as one value.
    mutating func document() throws(JSONError) -> JSONValue {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw malformed }
        return value
    }

    private var malformed: JSONError { JSONError(code: .malformed, offset: position) }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    /// Takes one byte after any space.
    private mutating func takes(_ byte: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: byte) else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        skipSpace()
        switch next {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return try number()
        }
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for offset in 0..<word.utf8CodeUnitCount {
            guard next == word.utf8Start[offset] else { throw malformed }
            position += 1
        }
        return value
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        try enter(depth)
        var values: [JSONValue] = []
        if takes("]") { return values }
        while true {
            values.append(try value(depth: depth))
            if takes("]") { return values }
            guard takes(",") else { throw malformed }
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> [String: JSONValue] {
        try enter(depth)
        var members: [String: JSONValue] = [:]
        if takes("}") { return members }
        while true {
            skipSpace()
            let name = try string()
            guard takes(":") else { throw malformed }
            let value = try value(depth: depth)
            if members[name] == nil { members[name] = value }
            if takes("}") { return members }
            guard takes(",") else { throw malformed }
        }
    }

    private mutating func enter(_ depth: Int) throws(JSONError) {
        guard depth <= Self.maximumDepth else { throw JSONError(code: .tooDeep, offset: position) }
        position += 1
    }

    // MARK: - Strings

    private mutating func string() throws(JSONError) -> String {
        guard next == UInt8(ascii: "\"") else { throw malformed }
        position += 1
        let start = position
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return try text(bytes[start..<(position - 1)])
            case UInt8(ascii: "\\"): return try escapedString(from: start)
            case 0..<0x20: throw malformed
            default: position += 1
            }
        }
        throw malformed
    }

    /// The rest of a string in which an escape was met.
    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var unescaped = Array(bytes[start..<position])
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try text(unescaped[...])
            case UInt8(ascii: "\\"): try escape(into: &unescaped)
            case 0..<0x20: throw malformed
            default: unescaped.append(byte)
            }
        }
        throw malformed
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        guard let letter = next else { throw malformed }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(Character(try scalar())).utf8)
        default: throw malformed
        }
    }

    /// What follows `\u`: one unit of UTF-16, or two that make a pair.
    private mutating func scalar() throws(JSONError) -> Unicode.Scalar {
        let high = try unit()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard high < 0xDC00, next == UInt8(ascii: "\\") else { throw malformed }
        position += 1
        guard next == UInt8(ascii: "u") else { throw malformed }
        position += 1
        let low = try unit()
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
        else { throw malformed }
        return scalar
    }

    private mutating func unit() throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            let digit: UInt8
            switch next {
            case .some(let byte) where byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"):
                digit = byte - UInt8(ascii: "0")
            case .some(let byte) where byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "f"):
                digit = (byte | 0x20) - UInt8(ascii: "a") + 10
            default: throw malformed
            }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }

    private func text(_ slice: ArraySlice<UInt8>) throws(JSONError) -> String {
        guard let text = String(validating: slice, as: UTF8.self) else { throw malformed }
        return text
    }

    // MARK: - Numbers

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        let isNegative = next == UInt8(ascii: "-")
        if isNegative { position += 1 }
        // Counted downwards: the least integer has no positive twin.
        var whole: Int64? = 0
        let first = position
        while let digit = digit {
            whole = whole.flatMap { Self.appending(digit, to: $0) }
            position += 1
        }
        let hasLeadingZero = position - first > 1 && bytes[first] == UInt8(ascii: "0")
        guard position > first, !hasLeadingZero else { throw malformed }
        var isPlain = true
        if next == UInt8(ascii: ".") {
            isPlain = false
            position += 1
            try skipDigits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            isPlain = false
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            try skipDigits()
        }
        if isPlain, let whole {
            if isNegative { return .integer(whole) }
            if whole > Int64.min { return .integer(-whole) }
        }
        guard let value = Double(String(decoding: bytes[start..<position], as: UTF8.self)), value.isFinite
        else { throw JSONError(code: .notANumber, offset: start) }
        return Int64(exactly: value).map(JSONValue.integer) ?? .number(value)
    }

    private var digit: Int64? {
        guard let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        return Int64(byte - UInt8(ascii: "0"))
    }

    private mutating func skipDigits() throws(JSONError) {
        guard digit != nil else { throw malformed }
        while digit != nil { position += 1 }
    }

    private static func appending(_ digit: Int64, to value: Int64) -> Int64? {
        let (tens, isTooMuch) = value.multipliedReportingOverflow(by: 10)
        let (sum, isTooLow) = tens.subtractingReportingOverflow(digit)
        return isTooMuch || isTooLow ? nil : sum
    }
}
