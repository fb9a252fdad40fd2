internal import FoundationEssentials

extension UTCTime {
    /// The second in which a moment lies.
    init(_ date: Date) {
        self.init(secondsSince1970: Int(date.timeIntervalSince1970.rounded(.down)))
    }

    /// As signatures have it: `20150830T123600Z`.
    var basicISO8601: String {
        "\(padded(year, 4))\(padded(month))\(padded(day))T\(padded(hour))\(padded(minute))\(padded(second))Z"
    }

    /// As parameters have it: `2015-08-30T12:36:00Z`.
    var iso8601: String {
        let date = "\(padded(year, 4))-\(padded(month))-\(padded(day))"
        return "\(date)T\(padded(hour)):\(padded(minute)):\(padded(second))Z"
    }

    /// Reads the date of an HTTP header: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
    init?(httpDate text: String) {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])),
            let day = Int(parts[1]), let year = Int(parts[3])
        else { return nil }
        let time = parts[4].split(separator: ":").map { Int($0) ?? -1 }
        guard time.count == 3 else { return nil }
        self.init(year: year, month: month + 1, day: day, hour: time[0], minute: time[1], second: time[2])
    }

    private func padded(_ value: Int, _ count: Int = 2) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
    }
}

extension Date {
    /// Reads a time in ISO 8601 as AWS writes it: `2015-08-30T12:36:00.000Z`, in UTC, with or without a
    /// fraction.
    init?(awsTimestamp text: String) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            let digits = bytes[range]
            guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }
        guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] == UInt8(ascii: "T"),
            bytes[13] == 0x3A, bytes[16] == 0x3A,
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            let time = UTCTime(
                year: year,
                month: month,
                day: day,
                hour: hour,
                minute: minute,
                second: second
            )
        else { return nil }
        var rest = bytes[19...]
        var fraction = 0.0
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
            guard !digits.isEmpty, digits.count <= 9,
                let value = Double("0." + String(decoding: digits, as: UTF8.self))
            else { return nil }
            fraction = value
            rest = rest.dropFirst(1 + digits.count)
        }
        guard rest.elementsEqual("Z".utf8) || rest.elementsEqual("+00:00".utf8) else { return nil }
        self.init(timeIntervalSince1970: Double(time.secondsSince1970) + fraction)
    }
}
