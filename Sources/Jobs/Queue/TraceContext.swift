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

    private init(traceID: String, flags: String) {
        self.traceID = traceID
        self.flags = flags
        spanID = Self.hexadecimal(.random(in: 1 ... .max))
    }

    /// A trace that begins here; nobody is asked to record it.
    public static func fresh() -> TraceContext {
        let id = hexadecimal(.random(in: 0 ... .max)) + hexadecimal(.random(in: 1 ... .max))
        return TraceContext(traceID: id, flags: "00")
    }

    /// A span of its own in the same trace.
    public func child() -> TraceContext { TraceContext(traceID: traceID, flags: flags) }

    /// The header.
    public var traceparent: String { "00-\(traceID)-\(spanID)-\(flags)" }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
