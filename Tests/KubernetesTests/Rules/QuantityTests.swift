import FoundationEssentials
import Kubernetes
import Testing

struct QuantityTests {
    private static let unit = Int128(1_000_000_000)

    @Test(
        arguments: [
            ("0", 0), ("1", unit), ("250m", unit / 4), ("0.1", unit / 10), ("100m", unit / 10),
            ("1e3", 1000 * unit),
            ("1E3", 1000 * unit), ("1e-3", unit / 1000), ("1E-9", 1), ("1e+2", 100 * unit),
            ("1.5", unit * 3 / 2), ("5.", 5 * unit), (".5", unit / 2),
            ("+5", 5 * unit), ("-5", -5 * unit), ("-250m", -unit / 4), ("1k", 1000 * unit),
            ("1M", 1_000_000 * unit),
            ("1Ki", 1024 * unit), ("123Mi", 123 << 20 * unit), ("128974848", 128_974_848 * unit),
            ("129e6", 129_000_000 * unit), ("129M", 129_000_000 * unit),
            ("129000000000m", 129_000_000 * unit),
            ("1E", 1_000_000_000_000_000_000 * unit), ("1Ei", (1 << 60) * unit), ("1.5Gi", 3 << 29 * unit),
            ("0.5Ei", (1 << 59) * unit), ("123456789n", 123_456_789), ("5u", 5000), ("0n", 0),
            ("00012", 12 * unit),
            ("1.0000000000", unit), ("2000000n", 2_000_000),
        ] as [(String, Int128)]
    )
    func reads(text: String, nanos: Int128) {
        #expect(Quantity(text)?.nanos == nanos)
    }

    @Test(arguments: [
        "", " ", "1K", "5 Gi", " 5", "5 ", "1.5.2", "e3", "E", ".", "+", "-", "--1", "1e", "1e3e3", "1e1.5",
        "Ki", "1ki",
        "1KI", "1mm", "0x10", "1_000", "١", "5Gi ", "∞", "nan", "1,5", "m", "1Ee3", "1e+", "+-1",
    ])
    func refuses(text: String) {
        #expect(Quantity(text) == nil)
    }

    @Test(
        arguments: [
            ("0.1n", 1), ("1.1n", 2), ("0.0000000001", 1), ("-0.1n", -1), ("1e-30", 1), ("1e-100", 1),
            ("1e-999999999999", 1),
            ("0e-100", 0), ("0.00000000000000000000000000000000000000000000001", 1),
            ("1.0000000001m", 1_000_001),
            ("1.00000000000000000000000000000000000000000000000001", 1_000_000_001),
        ] as [(String, Int128)]
    )
    func roundsAwayFromZero(text: String, nanos: Int128) {
        #expect(Quantity(text)?.nanos == nanos)
    }

    @Test(arguments: [
        "9223372036854775808", "9.3E", "8Ei", "100E", "1e30", "1e999999999999",
        "99999999999999999999999999999999999999999",
        "99999999999999999999999999999Ei",
    ])
    func cutsToTheLargest(text: String) {
        #expect(Quantity(text)?.wholeUnitsRoundedUp == Int.max)
        #expect(Quantity("-" + text)?.wholeUnitsRoundedUp == -Int.max)
    }

    @Test(arguments: [
        ("1n", 1, 1), ("1m", 1, 1), ("1001u", 2, 1), ("1", 1000, 1), ("1.5", 1500, 2), ("-1.5", -1500, -1),
    ])
    func roundsUp(text: String, milli: Int, units: Int) throws {
        let quantity = try #require(Quantity(text))
        #expect(quantity.milli == milli)
        #expect(quantity.wholeUnitsRoundedUp == units)
    }

    @Test func addsAndCompares() throws {
        let one = try #require(Quantity("250m"))
        let two = try #require(Quantity("0.75"))
        #expect(one + two == Quantity(units: 1))
        #expect(one - two == Quantity("-500m"))
        #expect(one < two)
        #expect(Quantity("1Gi") == Quantity("1073741824"))
        #expect(Quantity(units: .max) + Quantity(units: .max) == Quantity(units: .max))
    }

    @Test(arguments: [
        ("0", "0"), ("1.5", "1500m"), ("2Ki", "2048"), ("5u", "5u"), ("1n", "1n"), ("-250m", "-250m"),
    ])
    func writes(text: String, expected: String) {
        #expect(Quantity(text).map { "\($0)" } == expected)
        #expect(Quantity(expected) == Quantity(text))
    }

    @Test(arguments: [
        ("\"250m\"", "250m"), ("2", "2"), ("0.5", "500m"), ("0.1", "100m"), ("1e3", "1000"), ("-1", "-1"),
    ])
    func decodes(json: String, expected: String) throws {
        let decoded = try JSONDecoder().decode([Quantity].self, from: Data("[\(json)]".utf8))
        #expect(decoded == [try #require(Quantity(expected))])
    }

    @Test(arguments: ["\"1K\"", "true", "{}", "\"\"", "null"])
    func decodesNothingElse(json: String) {
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode([Quantity].self, from: Data("[\(json)]".utf8))
        }
    }
}
