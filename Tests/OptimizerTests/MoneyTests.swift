import Optimizer
import Testing

struct MoneyTests {
    @Test(arguments: [
        ("0", 0), ("0.0034", 3400), ("1.5", 1_500_000), ("12", 12_000_000), ("0.000001", 1),
        ("9223372036854.775807", Int64.max),
    ])
    func readsDecimals(text: String, micros: Int64) {
        #expect(Money(decimal: text)?.micros == micros)
    }

    @Test(arguments: [
        "", ".", ".5", "1.", "-1", "+1", "1e3", "0.0000001", "1,5", " 1", "1 ", "٣", "9223372036854.775808",
        "99999999999999999999", "0x10", "1.2.3",
    ])
    func refusesWhatIsNoAmount(text: String) {
        #expect(Money(decimal: text) == nil)
    }

    @Test(arguments: [
        (0, "0.000000"), (3400, "0.003400"), (1_500_000, "1.500000"), (-1, "-0.000001"),
        (-2_000_001, "-2.000001"),
    ])
    func writesSixPlaces(micros: Int64, text: String) {
        #expect(Money(micros: micros).description == text)
    }

    @Test func addsExactly() {
        let sum = (0..<10).reduce(Money(micros: 0)) { sum, _ in sum + Money(micros: 100_000) }
        #expect(sum == Money(micros: 1_000_000))
        #expect(Money(micros: 1) < Money(micros: 2))
        #expect(sum.dollars == 1)
    }
}
