public import FoundationEssentials
import Synchronization

/// Counts within a millisecond, so that what one process makes at once sorts in the order it was made.
private let counter = Mutex((milliseconds: Int64(0), count: UInt64(0)))

extension UUID {
    /// Makes a UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, a counter of 12 bits, then random bits.
    ///
    /// - Parameter instant: The time it sorts by.
    /// - Returns: An identifier that is greater than any made for an earlier millisecond, and than the up to 2,048
    ///   that this process made for the same one just before.
    public static func version7(at instant: Date = Date()) -> UUID {
        var generator = SystemRandomNumberGenerator()
        let milliseconds = instant.millisecondsSince1970
        // Begins in the lower half, so that there is room to count: RFC 9562, section 6.2, method 1.
        let start = UInt64.random(in: 0..<2048, using: &generator)
        let count = counter.withLock { counter in
            let follows = counter.milliseconds == milliseconds && counter.count < 4095
            counter = (milliseconds, follows ? counter.count + 1 : start)
            return counter.count
        }
        return version7(milliseconds: milliseconds, high: count, low: generator.next())
    }

    /// Makes the UUIDv7 that a time and a digest always give.
    ///
    /// - Parameters:
    ///   - instant: The time it sorts by.
    ///   - digest: At least 16 bytes that stand in for the random bits.
    /// - Returns: The same identifier for the same arguments, on any machine.
    public static func version7(at instant: Date, digest: [UInt8]) -> UUID {
        precondition(digest.count >= 16, "a digest of \(digest.count) bytes, 16 are needed")
        var high: UInt64 = 0
        var low: UInt64 = 0
        for index in 0..<8 {
            high = high << 8 | UInt64(digest[index])
            low = low << 8 | UInt64(digest[index + 8])
        }
        return version7(milliseconds: instant.millisecondsSince1970, high: high, low: low)
    }

    /// The milliseconds since 1970 that a UUIDv7 begins with.
    public var version7Milliseconds: Int64 {
        let bytes = uuid
        let head = [bytes.0, bytes.1, bytes.2, bytes.3, bytes.4, bytes.5]
        return head.reduce(0) { $0 << 8 | Int64($1) }
    }

    /// The sixteen bytes, in order.
    public var bytes: [UInt8] {
        withUnsafeBytes(of: uuid) { Array($0) }
    }

    /// Makes an identifier from its sixteen bytes; nil for any other count.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        var value: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: bytes) }
        self.init(uuid: value)
    }

    /// The form it has in every answer, URL and log: lower case, as PostgreSQL writes it.
    public var text: String { uuidString.lowercased() }

    private static func version7(milliseconds: Int64, high: UInt64, low: UInt64) -> UUID {
        var value: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        let first = UInt64(bitPattern: milliseconds) << 16 | 0x7000 | (high & 0x0FFF)
        let second = 0x8000_0000_0000_0000 | (low & 0x3FFF_FFFF_FFFF_FFFF)
        withUnsafeMutableBytes(of: &value) { buffer in
            buffer.storeBytes(of: first.bigEndian, as: UInt64.self)
            buffer.storeBytes(of: second.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        return UUID(uuid: value)
    }
}

extension Date {
    /// Whole milliseconds since 1970, rounded down.
    public var millisecondsSince1970: Int64 {
        // A date made from whole milliseconds may be a quarter of a microsecond below them.
        Int64((timeIntervalSince1970 * 1000 + 0.0005).rounded(.down))
    }

    /// The instant that many milliseconds after 1970.
    public init(millisecondsSince1970 milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}
