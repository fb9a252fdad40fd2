/// US dollars in whole millionths: exact, and enough for a spot price of a few hundredths of a cent an hour.
public struct Money: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Millionths of a dollar.
    public var micros: Int64

    /// Makes an amount.
    public init(micros: Int64) {
        self.micros = micros
    }

    /// Parses a decimal such as `0.0034`; nil if it is none, is negative, or has more than six decimals.
    public init?(decimal text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty, whole.allSatisfy(\.isASCIIDigit) else { return nil }
        let fraction = parts.count == 2 ? parts[1] : ""
        guard fraction.count <= 6, fraction.allSatisfy(\.isASCIIDigit), parts.count == 1 || !fraction.isEmpty,
            let dollars = Int64(whole),
            let micros = Int64(fraction + String(repeating: "0", count: 6 - fraction.count))
        else { return nil }
        let (scaled, overflow) = dollars.multipliedReportingOverflow(by: 1_000_000)
        guard !overflow, scaled <= .max - micros else { return nil }
        self.micros = scaled + micros
    }

    /// The sum.
    public static func + (left: Money, right: Money) -> Money {
        Money(micros: left.micros + right.micros)
    }

    /// Whether the left amount is less.
    public static func < (left: Money, right: Money) -> Bool {
        left.micros < right.micros
    }

    /// The amount as a decimal with six places: `0.096000`.
    public var description: String {
        let digits = String(micros.magnitude % 1_000_000)
        let fraction = String(repeating: "0", count: 6 - digits.count) + digits
        return "\(micros < 0 ? "-" : "")\(micros.magnitude / 1_000_000).\(fraction)"
    }

    /// The amount in dollars, for JSON.
    public var dollars: Double { Double(micros) / 1_000_000 }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
