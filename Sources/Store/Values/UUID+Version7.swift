import Cryptography
public import FoundationEssentials
import Synchronization

/// What one identifier leaves for the next of this process.
private struct Version7Source {
    /// Counts within a millisecond, so that what one process makes at once sorts in the order it was made.
    var milliseconds: Int64 = 0
    var count: UInt64 = 0
    /// Random bits, drawn in blocks: asking the system for each would cost more than all the rest.
    var words: [UInt64] = []

    mutating func random() -> UInt64 {
        if words.isEmpty { words = Self.draw(128) }
        return words.removeLast()
    }

    private static func draw(_ count: Int) -> [UInt64] {
        guard let bytes = try? SecureRandom.bytes(count * 8) else {
            // OpenSSL has none; Swift's own generator asks the system, and traps if that has none either.
            return (0..<count).map { _ in UInt64.random(in: .min ... .max) }
        }
        return bytes.withUnsafeBytes { Array($0.bindMemory(to: UInt64.self)) }
    }
}

private let source = Mutex(Version7Source())

extension UUID {
    /// Makes a UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, a counter of 12 bits, then random bits.
    ///
    /// - Parameter instant: The time it sorts by.
    /// - Returns: An identifier that is greater than any made for an earlier millisecond, and than the up to 2,048
    ///   that this process made for the same one just before.
    public static func version7(at instant: Date = Date()) -> UUID {
        let milliseconds = instant.millisecondsSince1970
        let (count, low) = source.withLock { source in
            if source.milliseconds == milliseconds && source.count < 4095 {
                source.count += 1
            } else {
                source.milliseconds = milliseconds
                // Begins in the lower half, so that there is room to count: RFC 9562, section 6.2, method 1.
                source.count = source.random() & 2047
            }
            return (source.count, source.random())
        }
        return version7(milliseconds: milliseconds, high: count, low: low)
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
    public var text: String {
        let digits: StaticString = "0123456789abcdef"
        return withUnsafeBytes(of: uuid) { bytes in
            String(unsafeUninitializedCapacity: 36) { text in
                var end = 0
                for (index, byte) in bytes.enumerated() {
                    if index == 4 || index == 6 || index == 8 || index == 10 {
                        text[end] = UInt8(ascii: "-")
                        end += 1
                    }
                    text[end] = digits.utf8Start[Int(byte >> 4)]
                    text[end + 1] = digits.utf8Start[Int(byte & 15)]
                    end += 2
                }
                return end
            }
        }
    }

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
