import Redis
import TestKit
import Testing

@Suite("Reply reader") struct ReplyReaderTests {
    private func read(_ text: String, piece: Int = 1 << 20) throws -> [RedisValue] {
        var reader = ReplyReader(maximumReplyBytes: 1 << 20)
        return try read(Array(text.utf8), piece: piece, &reader)
    }

    private func read(_ bytes: [UInt8], piece: Int, _ reader: inout ReplyReader) throws -> [RedisValue] {
        var replies: [RedisValue] = []
        var start = 0
        while start < bytes.count {
            let end = min(start + piece, bytes.count)
            // A copy of its own, so that the address sanitizer sees every read past the end.
            let copy = Array(bytes[start..<end])
            try copy.withUnsafeBytes { try reader.read($0, into: &replies) }
            start = end
        }
        return replies
    }

    @Test(arguments: [1, 2, 3, 7, 1000])
    func readsEveryKindHoweverItIsCut(piece: Int) throws {
        let text =
            "+OK\r\n-ERR no\r\n:-42\r\n$5\r\na\r\nb\0\r\n$-1\r\n*-1\r\n$0\r\n\r\n*0\r\n*3\r\n:1\r\n*2\r\n+a\r\n$-1\r\n-E\r\n+\r\n"
        #expect(
            try read(text, piece: piece) == [
                .status("OK"), .error("ERR no"), .integer(-42), .bulk(Array("a\r\nb\0".utf8)), .null, .null,
                .bulk([]), .array([]),
                .array([.integer(1), .array([.status("a"), .null]), .error("E")]), .status(""),
            ]
        )
    }

    @Test func readsArraysSevenDeep() throws {
        let depth = 7
        var expected = RedisValue.integer(1)
        for _ in 0..<depth { expected = .array([expected]) }
        #expect(try read(String(repeating: "*1\r\n", count: depth) + ":1\r\n") == [expected])
    }

    @Test(arguments: [
        "hello\r\n", "\r\n", "$-2\r\n", "$x\r\n", "*x\r\n", "*-2\r\n", ":x\r\n", ":99999999999999999999\r\n",
        "*99999999999\r\n", "$99999999999999999999\r\n", "%1\r\n",
    ])
    func refusesWhatIsNoReply(text: String) throws {
        #expect(throws: RedisError.self) { try read(text) }
    }

    @Test func refusesAReplyWithoutEnd() {
        let text = "*2000000000\r\n" + String(repeating: ":1\r\n", count: 300_000)
        let error = #expect(throws: RedisError.self) { try read(text, piece: 4096) }
        #expect(error?.code == .protocolViolation)
    }

    @Test func givesTheRepliesBeforeAnError() throws {
        var reader = ReplyReader(maximumReplyBytes: 1 << 20)
        var replies: [RedisValue] = []
        let bytes = Array("+OK\r\n:1\r\nx\r\n".utf8)
        #expect(throws: RedisError.self) {
            try bytes.withUnsafeBytes { try reader.read($0, into: &replies) }
        }
        #expect(replies == [.status("OK"), .integer(1)])
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func survivesRandomBytes(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("*$:+-0123456789\r\n\r\n\0ab".utf8)
        for _ in 0..<250 {
            var reader = ReplyReader(maximumReplyBytes: 1 << 16)
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...300, using: &generator) {
                bytes.append(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)])
            }
            // Half of them are a good reply with a few bytes changed.
            if Bool.random(using: &generator) {
                bytes = Array("*3\r\n$3\r\nabc\r\n*2\r\n:1\r\n$-1\r\n+OK\r\n".utf8)
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(
                        in: 0...255,
                        using: &generator
                    )
                }
            }
            // An error is fine, a crash is not.
            _ = try? read(bytes, piece: .random(in: 1...20, using: &generator), &reader)
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func readsWhatAServerWouldWrite(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let values = (0..<50).map { _ in randomValue(depth: 4, &generator) }
        var reader = ReplyReader(maximumReplyBytes: 1 << 20)
        let bytes = values.flatMap(encoded)
        #expect(try read(bytes, piece: .random(in: 1...100, using: &generator), &reader) == values)
    }

    private func randomValue(depth: Int, _ generator: inout SeededGenerator) -> RedisValue {
        switch Int.random(in: 0..<(depth == 0 ? 5 : 7), using: &generator) {
        case 0: .null
        case 1: .integer(.random(in: .min ... .max, using: &generator))
        case 2: .status("OK \(Int.random(in: 0..<9, using: &generator))")
        case 3: .error("ERR \(Int.random(in: 0..<9, using: &generator))")
        case 4:
            .bulk(
                (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                    .random(in: 0...255, using: &generator)
                }
            )
        default:
            .array(
                (0..<Int.random(in: 0...5, using: &generator)).map { _ in
                    randomValue(depth: depth - 1, &generator)
                }
            )
        }
    }

    private func encoded(_ value: RedisValue) -> [UInt8] {
        switch value {
        case .null: Array("$-1\r\n".utf8)
        case .integer(let number): Array(":\(number)\r\n".utf8)
        case .status(let text): Array("+\(text)\r\n".utf8)
        case .error(let text): Array("-\(text)\r\n".utf8)
        case .bulk(let bytes): Array("$\(bytes.count)\r\n".utf8) + bytes + Array("\r\n".utf8)
        case .array(let elements): Array("*\(elements.count)\r\n".utf8) + elements.flatMap(encoded)
        }
    }
}
