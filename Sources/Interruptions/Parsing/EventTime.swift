import FoundationEssentials
import Store

/// Times as AWS's events write them.
enum EventTime {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Whether there was an AWS then, and may be one still.
    static func isPlausible(_ date: Date) -> Bool {
        (1_000_000_000...7_000_000_000).contains(date.timeIntervalSince1970)
    }

    /// A time of AWS Health: `Wed, 27 Jan 2021 01:00:00 GMT`, or in RFC 3339.
    ///
    /// - Returns: nil if it is neither.
    static func parse(_ text: String) -> Date? {
        let date = Date(rfc3339: text) ?? parse(http: text)
        return date.flatMap { isPlausible($0) ? $0 : nil }
    }

    private static func parse(http text: String) -> Date? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[0].hasSuffix(","), parts[5] == "GMT" || parts[5] == "UTC",
            (1...2).contains(parts[1].utf8.count), let month = months.firstIndex(of: String(parts[2]))
        else { return nil }
        func padded(_ text: some StringProtocol) -> String { text.utf8.count == 1 ? "0\(text)" : "\(text)" }
        return Date(rfc3339: "\(parts[3])-\(padded("\(month + 1)"))-\(padded(parts[1]))T\(parts[4])Z")
    }
}
