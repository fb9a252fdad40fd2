import FoundationEssentials
import Store
import Testing

/// Random documents, and what is left of them after random damage.
struct JSONFuzzTests {
    /// SplitMix64: the same documents every time.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
    }

    private static let words = [
        "true", "false", "null", "0", "-0", "1", "-17", "1.5", "1e3", "-2.5E-3", "9223372036854775808",
        "1E+2",
        #""""#, #""a""#, #""\n\u00e9""#, #""\ud83d\ude00""#, #""é😀""#, #""\\\"\/""#,
    ]
    private static let alphabet =
        Array(#"[]{},:"\ue0123456789+-.tfnrald "#.utf8) + [0x00, 0x1F, 0x7F, 0xC3, 0xA9]

    private func document(_ generator: inout Generator, depth: Int = 0) -> String {
        let space = ["", "", " ", "\n\t"].randomElement(using: &generator) ?? ""
        let count = Int.random(in: 0...3, using: &generator)
        switch Int.random(in: 0..<(depth < 5 ? 4 : 2), using: &generator) {
        case 2:
            let items = (0..<count).map { _ in document(&generator, depth: depth + 1) }
            return "\(space)[\(items.joined(separator: ","))\(space)]"
        case 3:
            let members = (0..<count).map { index in
                "\(space)\"k\(index)\":\(document(&generator, depth: depth + 1))"
            }
            return "{\(members.joined(separator: ","))}\(space)"
        default: return space + (Self.words.randomElement(using: &generator) ?? "0")
        }
    }

    private func damage(_ bytes: [UInt8], _ generator: inout Generator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
            let position = Int.random(in: 0..<bytes.count, using: &generator)
            let byte = Self.alphabet.randomElement(using: &generator) ?? 0
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes[position] = byte
            case 1: bytes.insert(byte, at: position)
            case 2: bytes.remove(at: position)
            default: bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
            }
        }
        return bytes
    }

    /// Foundation's parser takes a comma before a closing bracket; ours does not.
    private func hasTrailingComma(_ bytes: [UInt8]) -> Bool {
        let dense = bytes.filter { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        return zip(dense, dense.dropFirst()).contains { pair in
            pair.0 == UInt8(ascii: ",") && (pair.1 == UInt8(ascii: "]") || pair.1 == UInt8(ascii: "}"))
        }
    }

    /// Foundation's parser guesses UTF-16 and UTF-32 from zeros; ours reads UTF-8.
    private func looksLikeAnotherEncoding(_ bytes: [UInt8]) -> Bool { bytes.prefix(4).contains(0) }

    private func check(_ bytes: [UInt8]) throws {
        let value = try? JSONValue(parsing: bytes)  // whether it throws is what is tested
        let foundation = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes))
        if let value {
            #expect(try JSONValue(parsing: value.serialized()) == value, "\(bytes)")
            #expect(foundation == value, "\(String(decoding: bytes, as: UTF8.self))")
        } else if foundation != nil {
            #expect(
                hasTrailingComma(bytes) || looksLikeAnotherEncoding(bytes),
                "\(String(decoding: bytes, as: UTF8.self))"
            )
        }
    }

    @Test func readsWhatIsJSONAsFoundationDoes() throws {
        var generator = Generator(state: 1)
        for _ in 0..<1500 {
            let bytes = Array(document(&generator).utf8)
            #expect(throws: Never.self) { try JSONValue(parsing: bytes) }
            try check(bytes)
        }
    }

    @Test func refusesWhatFoundationRefuses() throws {
        var generator = Generator(state: 2)
        for _ in 0..<4000 {
            try check(damage(Array(document(&generator).utf8), &generator))
        }
    }

    @Test func survivesAnyBytes() {
        var generator = Generator(state: 3)
        for _ in 0..<4000 {
            let count = Int.random(in: 0..<24, using: &generator)
            let bytes = (0..<count).map { _ in Self.alphabet.randomElement(using: &generator) ?? 0 }
            guard let value = try? JSONValue(parsing: bytes) else { continue }  // most are none
            #expect(throws: Never.self) { try JSONValue(parsing: value.serialized()) }
        }
    }
}
