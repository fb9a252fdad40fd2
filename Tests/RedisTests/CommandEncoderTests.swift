import Redis
import Testing

@Suite("Command encoder") struct CommandEncoderTests {
    private func encoded(_ command: RedisCommand) -> String {
        var bytes: [UInt8] = []
        CommandEncoder.encode(command, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func writesAnArrayOfBulkStrings() {
        #expect(encoded(RedisCommand("PING")) == "*1\r\n$4\r\nPING\r\n")
        #expect(
            encoded(RedisCommand("SET", "schlüssel", .bytes([0x61, 0, 0x0D]), 42, 1.5))
                == "*5\r\n$3\r\nSET\r\n$10\r\nschlüssel\r\n$3\r\na\0\r\r\n$2\r\n42\r\n$3\r\n1.5\r\n"
        )
    }

    @Test(arguments: [Int64.min, -10, -1, 0, 9, 10, 99, 100, Int64.max])
    func writesIntegersInDecimal(number: Int64) {
        let digits = String(number)
        #expect(encoded(RedisCommand("X", .init(number))).hasSuffix("$\(digits.utf8.count)\r\n\(digits)\r\n"))
    }

    @Test(arguments: [
        (0.0, "0"), (3.0, "3"), (-7.0, "-7"), (0.1, "0.1"), (1e300, "1e+300"), (.infinity, "inf"),
        (-.infinity, "-inf"),
    ])
    func writesNumbersAsRedisReadsThem(number: Double, text: String) {
        #expect(encoded(RedisCommand("X", .init(number))).hasSuffix("\r\n\(text)\r\n"))
    }

    @Test func writesLongValues() {
        let text = String(repeating: "x", count: 12345)
        #expect(encoded(RedisCommand("X", .string(text))) == "*2\r\n$1\r\nX\r\n$12345\r\n\(text)\r\n")
    }
}
