extension UInt8: PostgresArrayElement {
    /// `bytea`: an array of bytes is one value.
    public static var postgresArrayType: PostgresType { .bytea }

    /// Appends the bytes.
    public static func encodeArray(
        _ elements: [UInt8],
        into buffer: inout PostgresBuffer
    ) throws(PostgresError) {
        buffer.append(contentsOf: elements)
    }

    /// Reads a `bytea`.
    public static func decodeArray(_ cell: PostgresCell) throws(PostgresError) -> [UInt8] {
        guard cell.type == .bytea else { throw cell.mismatch("[UInt8]") }
        if cell.isBinary { return Array(cell.bytes) }
        guard cell.bytes.count >= 2, cell.bytes.count.isMultiple(of: 2), cell.bytes[0] == UInt8(ascii: "\\"),
            cell.bytes[1] == UInt8(ascii: "x")
        else { throw cell.malformed() }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(cell.bytes.count / 2 - 1)
        for index in stride(from: 2, to: cell.bytes.count, by: 2) {
            guard let high = nibble(cell.bytes[index]), let low = nibble(cell.bytes[index + 1]) else {
                throw cell.malformed()
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func nibble(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

extension Array: PostgresArrayElement where Element == UInt8 {
    /// `bytea[]`.
    public static var postgresArrayType: PostgresType { .byteaArray }
}
