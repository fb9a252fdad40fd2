internal import FoundationEssentials

/// An amount of a resource, such as `250m` CPU or `512Mi` memory: fixed point, in billionths.
///
/// Follows `k8s.io/apimachinery/pkg/api/resource`: what is finer than a billionth is rounded away from zero, and
/// what exceeds 2^63 − 1 units is cut to that.
public struct Quantity: Hashable, Sendable, Comparable {
    /// The amount in billionths of a unit.
    public let nanos: Int128

    /// The largest magnitude, 2^63 − 1 units.
    private static let limit = Int128(Int64.max) * 1_000_000_000

    /// Nothing.
    public static let zero = Quantity(nanos: 0)

    /// Makes an amount of billionths.
    public init(nanos: Int128) {
        self.nanos = min(max(nanos, -Self.limit), Self.limit)
    }

    /// Makes an amount of whole units.
    public init(units: Int) {
        self.init(nanos: Int128(units) * 1_000_000_000)
    }

    /// The amount in thousandths, rounded up, as the scheduler counts CPU.
    public var milli: Int { Self.roundedUp(nanos, 1_000_000) }

    /// The amount in whole units, rounded up, as the scheduler counts bytes.
    public var wholeUnitsRoundedUp: Int { Self.roundedUp(nanos, 1_000_000_000) }

    /// Adds amounts.
    public static func + (one: Quantity, other: Quantity) -> Quantity {
        Quantity(nanos: one.nanos + other.nanos)
    }

    /// Subtracts amounts; the result may be negative.
    public static func - (one: Quantity, other: Quantity) -> Quantity {
        Quantity(nanos: one.nanos - other.nanos)
    }

    /// Adds an amount.
    public static func += (one: inout Quantity, other: Quantity) { one = one + other }

    /// Compares amounts.
    public static func < (one: Quantity, other: Quantity) -> Bool { one.nanos < other.nanos }

    private static func roundedUp(_ nanos: Int128, _ unit: Int128) -> Int {
        let (quotient, remainder) = nanos.quotientAndRemainder(dividingBy: unit)
        return Int(clamping: quotient + (remainder > 0 ? 1 : 0))
    }
}

extension Quantity: CustomStringConvertible {
    /// The amount with the coarsest of the suffixes `""`, `m`, `u`, `n` that is exact.
    public var description: String {
        for (unit, suffix) in [(1_000_000_000, ""), (1_000_000, "m"), (1000, "u")] as [(Int128, String)]
        where nanos % unit == 0 {
            return "\(nanos / unit)\(suffix)"
        }
        return "\(nanos)n"
    }
}

extension Quantity: Decodable {
    /// Decodes the text form, or a bare JSON number as in `cpu: 2`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text: String
        // Not a string: then a number, or it fails below.
        if let string = try? container.decode(String.self) {
            text = string
        } else {
            text = "\(try container.decode(Decimal.self))"
        }
        guard let quantity = Quantity(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a quantity")
        }
        self = quantity
    }
}
