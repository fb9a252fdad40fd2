// The server's form: digits to the base of 10,000, the weight of the first, a sign, and the number of decimal
// places to show. See numeric_send and numeric_recv in src/backend/utils/adt/numeric.c.

private enum Sign {
    static let positive: UInt16 = 0x0000
    static let negative: UInt16 = 0x4000
    static let notANumber: UInt16 = 0xC000
    static let positiveInfinity: UInt16 = 0xD000
    static let negativeInfinity: UInt16 = 0xF000
}

extension PostgresNumeric: PostgresEncodable {
    /// `numeric`.
    public static var postgresType: PostgresType { .numeric }

    /// Appends the digits, four to a group.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        let special: UInt16? =
            switch text {
            case "NaN": Sign.notANumber
            case "Infinity": Sign.positiveInfinity
            case "-Infinity": Sign.negativeInfinity
            default: nil
            }
        if let special {
            for field in [0, 0, special, 0] as [UInt16] { buffer.append(field) }
            return
        }
        let isNegative = text.hasPrefix("-")
        let parts = text.utf8.drop { $0 == UInt8(ascii: "-") }
            .split(separator: UInt8(ascii: "."), maxSplits: 1)
        let whole = parts[0].drop { $0 == UInt8(ascii: "0") }.map { $0 - UInt8(ascii: "0") }
        let fraction = parts.count == 2 ? parts[1].map { $0 - UInt8(ascii: "0") } : []
        let padded =
            [UInt8](repeating: 0, count: (4 - whole.count % 4) % 4) + whole + fraction
            + [UInt8](repeating: 0, count: (4 - fraction.count % 4) % 4)
        var groups = stride(from: 0, to: padded.count, by: 4).map { start in
            padded[start..<start + 4].reduce(UInt16(0)) { $0 * 10 + UInt16($1) }
        }[...]
        var weight = (whole.count + 3) / 4 - 1
        while groups.first == 0 {
            groups.removeFirst()
            weight -= 1
        }
        while groups.last == 0 { groups.removeLast() }
        buffer.append(Int16(groups.count))
        buffer.append(Int16(groups.isEmpty ? 0 : weight))
        buffer.append(isNegative ? Sign.negative : Sign.positive)
        buffer.append(Int16(fraction.count))
        for group in groups { buffer.append(group) }
    }
}

extension PostgresNumeric: PostgresDecodable {
    /// Reads a `numeric`.
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> PostgresNumeric {
        guard cell.type == .numeric else { throw cell.mismatch("PostgresNumeric") }
        guard cell.isBinary else { return PostgresNumeric(canonical: cell.literal) }
        var reader = CellReader(cell.bytes)
        guard let count = reader.integer(as: Int16.self), let weight = reader.integer(as: Int16.self),
            let sign = reader.integer(as: UInt16.self), let scale = reader.integer(as: Int16.self)
        else { throw cell.malformed() }
        var groups: [Int] = []
        for _ in 0..<max(0, Int(count)) {
            guard let group = reader.integer(as: UInt16.self), group < 10_000 else { throw cell.malformed() }
            groups.append(Int(group))
        }
        switch sign {
        case Sign.notANumber: return PostgresNumeric(canonical: "NaN")
        case Sign.positiveInfinity: return PostgresNumeric(canonical: "Infinity")
        case Sign.negativeInfinity: return PostgresNumeric(canonical: "-Infinity")
        case Sign.positive, Sign.negative: break
        default: throw cell.malformed()
        }
        let digits = decimal(groups, weight: Int(weight), scale: max(0, Int(scale)))
        return PostgresNumeric(canonical: (sign == Sign.negative ? "-" : "") + digits)
    }

    private static func decimal(_ groups: [Int], weight: Int, scale: Int) -> String {
        func padded(_ place: Int) -> String {
            let text = groups.indices.contains(place) ? String(groups[place]) : "0"
            return String(repeating: "0", count: 4 - text.count) + text
        }
        var text = ""
        if weight >= 0 { for place in 0...weight { text += padded(place) } }
        let whole = text.drop { $0 == "0" }
        text = whole.isEmpty ? "0" : String(whole)
        guard scale > 0 else { return text }
        var fraction = ""
        var place = weight + 1
        while fraction.count < scale {
            fraction += padded(place)
            place += 1
        }
        return text + "." + fraction.prefix(scale)
    }
}
