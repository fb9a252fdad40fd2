/// Bytes on their way to the server.
public struct PostgresBuffer: Sendable {
    var bytes: [UInt8]

    /// Appends an integer, most significant byte first.
    public mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Appends bytes as they are.
    public mutating func append(contentsOf other: some Collection<UInt8>) {
        bytes.append(contentsOf: other)
    }

    /// Appends bytes as they are.
    mutating func append(raw other: UnsafeRawBufferPointer) { bytes.append(contentsOf: other) }

    /// Appends four bytes of length and then what the body appends.
    mutating func appendWithLength(
        _ body: (inout PostgresBuffer) throws(PostgresError) -> Void
    ) throws(PostgresError) {
        let start = bytes.count
        append(Int32(0))
        try body(&self)
        guard let length = Int32(exactly: bytes.count - start - 4) else {
            throw PostgresError(code: .encoding, message: "a value is larger than 2 GB")
        }
        overwrite(length, at: start)
    }

    /// Puts an integer in place of what was appended before.
    mutating func overwrite(_ value: Int32, at offset: Int) {
        withUnsafeBytes(of: value.bigEndian) { new in
            for index in 0..<4 { bytes[offset + index] = new[index] }
        }
    }
}
