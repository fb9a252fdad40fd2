import Synchronization

/// A place in a distributed trace, as the header `traceparent` tells it (W3C Trace Context, level 1).
public struct TraceContext: Sendable, Equatable {
    /// 32 hexadecimal digits, lower case, not all zero: the same in all that follows from one request.
    public let traceID: String
    /// 16 of them: the request, or the run.
    public let spanID: String
    /// Two of them; the last bit says that the caller records the trace.
    public let flags: String

    /// Reads a header: `00-<32 hex>-<16 hex>-<2 hex>`; a later version may have more after it.
    ///
    /// - Returns: nil for what the standard tells to ignore: upper case, zero ids, version ff.
    public init?(_ traceparent: String) {
        let parts = traceparent.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts.prefix(4).map(\.utf8.count) == [2, 32, 16, 2],
            parts.prefix(4).allSatisfy({ $0.utf8.allSatisfy(Self.isDigit) }),
            parts[0] != "ff", parts[0] != "00" || parts.count == 4,
            !parts[1].utf8.allSatisfy({ $0 == UInt8(ascii: "0") }),
            !parts[2].utf8.allSatisfy({ $0 == UInt8(ascii: "0") })
        else { return nil }
        traceID = String(parts[1])
        spanID = String(parts[2])
        flags = String(parts[3])
    }

    private init(traceID: String, flags: String, random: inout SplitMix64) {
        self.traceID = traceID
        self.flags = flags
        spanID = Self.hexadecimal(.random(in: 1 ... .max, using: &random))
    }

    /// A trace that begins here; nobody is asked to record it.
    public static func fresh() -> TraceContext {
        random.withLock { random in
            let high = hexadecimal(.random(in: 0 ... .max, using: &random))
            let low = hexadecimal(.random(in: 1 ... .max, using: &random))
            return TraceContext(traceID: high + low, flags: "00", random: &random)
        }
    }

    /// Ids are to be unlike each other, not secret: one call of the system for each would be felt.
    private static let random = Mutex(SplitMix64(seed: .random(in: 0 ... .max)))

    /// A span of its own in the same trace.
    public func child() -> TraceContext {
        Self.random.withLock { TraceContext(traceID: traceID, flags: flags, random: &$0) }
    }

    /// The header.
    public var traceparent: String { "00-\(traceID)-\(spanID)-\(flags)" }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        String(unsafeUninitializedCapacity: 16) { digits in
            for place in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: number >> UInt64(60 - 4 * place)) & 15
                digits.initializeElement(at: place, to: digit < 10 ? 48 + digit : 87 + digit)
            }
            return 16
        }
    }
}

/// A fast generator of numbers that look random (Steele, Lea, Flood, 2014).
private struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
