/// A decimal number of any size, exactly as the server has it.
///
/// Kept as text without exponent. `1.50` and `1.5` are different texts of an equal number; compare in SQL.
public struct PostgresNumeric: Sendable, Hashable, CustomStringConvertible, PostgresArrayElement {
    /// `numeric[]`.
    public static var postgresArrayType: PostgresType { .numericArray }

    /// The number: an optional minus, digits, optionally a point and digits; or `NaN`, `Infinity`, `-Infinity`.
    public let text: String

    /// Takes a decimal number; nil if the text is none, or has more digits than the server takes.
    public init?(_ text: String) {
        if ["NaN", "Infinity", "-Infinity"].contains(text) {
            self.text = text
            return
        }
        var rest = Substring(text)
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest = rest.dropFirst() }
        let parts = rest.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? parts[1] : ""
        guard let whole = parts.first, !whole.isEmpty, parts.count == 1 || !fraction.isEmpty,
            (whole + fraction).utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
            whole.utf8.count <= 131_072, fraction.utf8.count <= 16_383
        else { return nil }
        let digits = whole.drop { $0 == "0" }
        let isZero = digits.isEmpty && fraction.allSatisfy { $0 == "0" }
        self.text =
            (isNegative && !isZero ? "-" : "") + (digits.isEmpty ? "0" : digits)
            + (fraction.isEmpty ? "" : "." + fraction)
    }

    /// Takes an integer.
    public init(_ value: Int) { text = String(value) }

    /// The number's text.
    public var description: String { text }

    init(canonical text: String) { self.text = text }
}
