public import FoundationEssentials

extension UUID: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    /// `uuid`.
    public static var postgresType: PostgresType { .uuid }
    /// `uuid[]`.
    public static var postgresArrayType: PostgresType { .uuidArray }

    /// Appends the sixteen bytes.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        withUnsafeBytes(of: uuid) { buffer.append(raw: $0) }
    }

    /// Reads a `uuid`.
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> UUID {
        guard cell.type == .uuid else { throw cell.mismatch("UUID") }
        guard cell.isBinary else {
            guard let value = UUID(uuidString: cell.literal) else { throw cell.malformed() }
            return value
        }
        guard cell.bytes.count == 16 else { throw cell.malformed() }
        return UUID(uuid: cell.bytes.loadUnaligned(as: uuid_t.self))
    }
}

extension Date: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    /// `timestamp with time zone`.
    public static var postgresType: PostgresType { .timestamptz }
    /// `timestamp with time zone[]`.
    public static var postgresArrayType: PostgresType { .timestamptzArray }

    /// Microseconds from the server's epoch, 2000-01-01, to Foundation's, 2001-01-01: a leap year.
    private static let epochOffset: Int64 = 366 * 86_400 * 1_000_000

    /// The server's limits in seconds since Foundation's epoch, from src/include/datatype/timestamp.h.
    private static let earliest = -211_845_067_200.0
    private static let latest = 9_223_339_708_800.0

    /// Appends the time in microseconds.
    ///
    /// A microsecond is kept exactly from the year 1729 to 2273; farther away `Date` itself is coarser.
    ///
    /// - Throws: ``PostgresError`` with code `encoding` for a time that is not finite or that the server cannot
    ///   hold (4713 BC to 294276 AD).
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        let seconds = timeIntervalSinceReferenceDate
        guard seconds.isFinite, seconds >= Self.earliest, seconds < Self.latest else {
            throw PostgresError(code: .encoding, message: "a date is infinite or out of the server's range")
        }
        // The whole seconds and the rest apart: their product would not fit a Double's 53 bits.
        let whole = seconds.rounded(.down)
        let micros = Int64(whole) * 1_000_000 + Int64(((seconds - whole) * 1_000_000).rounded())
        buffer.append(micros + Self.epochOffset)
    }

    /// Reads a `timestamp with time zone`; `infinity` is an error.
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Date {
        guard cell.type == .timestamptz else { throw cell.mismatch("Date") }
        let sinceServerEpoch = try cell.isBinary ? cell.integer(as: Int64.self) : parse(cell)
        guard sinceServerEpoch != .max, sinceServerEpoch != .min else {
            throw PostgresError(code: .decoding, message: "an infinite timestamp cannot be read as Date")
        }
        let micros = sinceServerEpoch - epochOffset
        let (seconds, rest) = micros.quotientAndRemainder(dividingBy: 1_000_000)
        guard abs(micros) >= 1 << 53 else {
            return Date(timeIntervalSinceReferenceDate: Double(micros) / 1_000_000)
        }
        return Date(timeIntervalSinceReferenceDate: Double(seconds) + Double(rest) / 1_000_000)
    }

    /// Microseconds from `2024-02-29 12:34:56.123456+00`, as DateStyle ISO and TimeZone UTC have it.
    private static func parse(_ cell: PostgresCell) throws(PostgresError) -> Int64 {
        var text = Substring(cell.literal)
        if text == "infinity" { return .max }
        if text == "-infinity" { return .min }
        let isBeforeChrist = text.hasSuffix(" BC")
        if isBeforeChrist { text = text.dropLast(3) }
        guard text.hasSuffix("+00") else { throw cell.malformed() }
        let fields = text.dropLast(3).split(whereSeparator: { "- :.".contains($0) })
        let numbers = fields.prefix(6).compactMap { Int64($0) }
        guard numbers.count == 6, fields.count <= 7 else { throw cell.malformed() }
        var micros: Int64 = 0
        if fields.count == 7 {
            guard fields[6].count <= 6, let fraction = Int64(fields[6]) else { throw cell.malformed() }
            micros = fraction
            for _ in fields[6].count..<6 { micros *= 10 }
        }
        let year = isBeforeChrist ? 1 - numbers[0] : numbers[0]
        let days = daysSinceServerEpoch(year: year, month: numbers[1], day: numbers[2])
        let seconds = days * 86_400 + numbers[3] * 3_600 + numbers[4] * 60 + numbers[5]
        return seconds * 1_000_000 + micros
    }

    /// Days from 2000-01-01 in the proleptic Gregorian calendar, counting years from March so that the leap day
    /// is the last.
    private static func daysSinceServerEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 730_425
    }
}
