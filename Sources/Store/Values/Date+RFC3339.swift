public import FoundationEssentials

extension Date {
    /// The time as every answer and log line writes it: `2026-01-31T12:00:00.000Z` (RFC 3339, UTC).
    public var rfc3339: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(24)
        appendRFC3339(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Adds the bytes of ``rfc3339``.
    package func appendRFC3339(to bytes: inout [UInt8]) {
        let (days, time) = millisecondsSince1970.flooredDivision(by: 86_400_000)
        let (year, month, day) = CivilDay.date(ofDay: days)
        Self.append(year, 4, "-", to: &bytes)
        Self.append(month, 2, "-", to: &bytes)
        Self.append(day, 2, "T", to: &bytes)
        Self.append(time / 3_600_000, 2, ":", to: &bytes)
        Self.append(time / 60_000 % 60, 2, ":", to: &bytes)
        Self.append(time / 1000 % 60, 2, ".", to: &bytes)
        Self.append(time % 1000, 3, "Z", to: &bytes)
    }

    /// Reads a time in RFC 3339, with or without a fraction, in any zone; nil if it is none.
    ///
    /// Strict, unlike Foundation's parser, which takes the 30th of February and ignores what follows a time.
    public init?(rfc3339 text: String) {
        var rest = Array(text.utf8)[...]
        guard let year = Self.number(&rest, 4), Self.take(&rest, "-"), let month = Self.number(&rest, 2),
            Self.take(&rest, "-"), let day = Self.number(&rest, 2), Self.take(&rest, "T", "t"),
            let hour = Self.number(&rest, 2), hour < 24, Self.take(&rest, ":"),
            let minute = Self.number(&rest, 2), minute < 60, Self.take(&rest, ":"),
            let second = Self.number(&rest, 2), second < 60,
            let days = CivilDay.day(year: year, month: month, day: day),
            let fraction = Self.fraction(&rest), let offset = Self.offset(&rest), rest.isEmpty
        else { return nil }
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        self.init(timeIntervalSince1970: Double(seconds) + fraction)
    }

    private static func append(
        _ value: Int64,
        _ count: Int,
        _ end: Unicode.Scalar,
        to bytes: inout [UInt8]
    ) {
        if (0..<10_000).contains(value) {
            var unit: Int64 = count == 4 ? 1000 : count == 3 ? 100 : 10
            while unit > 0 {
                bytes.append(UInt8(ascii: "0") + UInt8(value / unit % 10))
                unit /= 10
            }
        } else {
            bytes.append(contentsOf: String(value).utf8)  // a year that RFC 3339 does not know
        }
        bytes.append(UInt8(ascii: end))
    }

    private static func take(_ rest: inout ArraySlice<UInt8>, _ allowed: Unicode.Scalar...) -> Bool {
        guard let first = rest.first, allowed.contains(Unicode.Scalar(first)) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private static func number(_ rest: inout ArraySlice<UInt8>, _ count: Int) -> Int64? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        rest = rest.dropFirst(count)
        return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    private static func fraction(_ rest: inout ArraySlice<UInt8>) -> Double? {
        guard take(&rest, ".") else { return 0 }
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty else { return nil }
        rest = rest.dropFirst(digits.count)
        return Double("0." + String(decoding: digits, as: UTF8.self))
    }

    /// Seconds east of UTC.
    private static func offset(_ rest: inout ArraySlice<UInt8>) -> Int64? {
        if take(&rest, "Z", "z") { return 0 }
        let sign: Int64
        if take(&rest, "+") {
            sign = 1
        } else if take(&rest, "-") {
            sign = -1
        } else {
            return nil
        }
        guard let hours = number(&rest, 2), hours < 24, take(&rest, ":"), let minutes = number(&rest, 2),
            minutes < 60
        else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}
