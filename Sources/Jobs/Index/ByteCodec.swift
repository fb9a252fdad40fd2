/// Writes fields one after the other, numbers in big-endian order.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    init(reserving capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    mutating func append(_ value: UInt8) {
        bytes.append(value)
    }

    mutating func append(_ value: UInt64) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ value: Double) {
        append(value.bitPattern)
    }

    /// Up to 255 bytes, after one byte with their count.
    mutating func appendShort(_ value: some Collection<UInt8>) {
        bytes.append(UInt8(value.count))
        bytes.append(contentsOf: value)
    }

    /// Any bytes, after eight bytes with their count.
    mutating func appendLong(_ value: some Collection<UInt8>) {
        append(UInt64(value.count))
        bytes.append(contentsOf: value)
    }
}

/// Reads what ``ByteWriter`` wrote; every read past the end throws.
struct ByteReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func byte() throws(JobEnvelopeError) -> UInt8 {
        try take(1)[0]
    }

    mutating func word() throws(JobEnvelopeError) -> UInt64 {
        try take(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func double() throws(JobEnvelopeError) -> Double {
        Double(bitPattern: try word())
    }

    mutating func short() throws(JobEnvelopeError) -> [UInt8] {
        try take(Int(try byte()))
    }

    mutating func long() throws(JobEnvelopeError) -> [UInt8] {
        guard let count = Int(exactly: try word()) else { throw .truncated }
        return try take(count)
    }

    /// What was not read yet.
    var rest: ArraySlice<UInt8> { bytes[position...] }

    private mutating func take(_ count: Int) throws(JobEnvelopeError) -> [UInt8] {
        guard count >= 0, count <= bytes.count - position else { throw .truncated }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }
}
