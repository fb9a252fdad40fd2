/// One field of a cron expression: the numbers it allows.
struct CronField: Sendable, Equatable {
    /// Where a field stands, and what it may hold.
    enum Place: String, CaseIterable {
        case minute
        case hour
        case dayOfMonth = "day of month"
        case month
        case dayOfWeek = "day of week"

        var range: ClosedRange<Int> {
            switch self {
            case .minute: 0...59
            case .hour: 0...23
            case .dayOfMonth: 1...31
            case .month: 1...12
            // Sunday is 0, and 7 as well.
            case .dayOfWeek: 0...7
            }
        }

        /// Words for the numbers, from the first of the range on.
        var names: [String] {
            switch self {
            case .minute, .hour, .dayOfMonth: []
            case .month:
                ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
            case .dayOfWeek: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
            }
        }
    }

    /// Allowed numbers as bits.
    private let bits: UInt64
    /// Whether it begins with `*`: days are then chosen by the other of the two fields for days.
    let isWild: Bool

    /// Reads numbers, names, ranges and steps, separated by commas.
    ///
    /// - Throws: ``SubmissionError`` saying what cannot be read.
    init(_ text: Substring, _ place: Place) throws(SubmissionError) {
        var bits: UInt64 = 0
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            for number in try Self.numbers(item, place) {
                bits |= 1 << UInt64(place == .dayOfWeek ? number % 7 : number)
            }
        }
        self.bits = bits
        isWild = text.hasPrefix("*")
    }

    func contains(_ number: Int) -> Bool { bits & (1 << UInt64(number)) != 0 }

    /// The allowed numbers, ascending.
    var numbers: [Int] { (0..<64).filter(contains) }

    private static func numbers(_ item: Substring, _ place: Place) throws(SubmissionError) -> [Int] {
        let parts = item.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let bounds = parts[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        var range = place == .dayOfWeek ? 0...6 : place.range
        if parts[0] != "*" {
            guard let first = number(bounds[0], place), let last = number(bounds[bounds.count - 1], place),
                first <= last, bounds.count == 2 || parts.count == 1
            else { throw refusal(item, place) }
            range = first...last
        }
        guard parts.count == 2 else { return Array(range) }
        guard let step = decimal(parts[1]), step > 0, step <= place.range.upperBound else {
            throw refusal(item, place)
        }
        return Array(stride(from: range.lowerBound, through: range.upperBound, by: step))
    }

    private static func number(_ text: Substring, _ place: Place) -> Int? {
        if let position = place.names.firstIndex(of: text.lowercased()) {
            return place.range.lowerBound + position
        }
        return decimal(text).flatMap { place.range.contains($0) ? $0 : nil }
    }

    /// Digits alone, unlike `Int`, which takes a sign.
    private static func decimal(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.count <= 4, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }

    private static func refusal(_ item: Substring, _ place: Place) -> SubmissionError {
        let range = place.range
        return SubmissionError(
            field: "cron",
            message: """
                has '\(item.prefix(40))' as \(place.rawValue), which is not made of numbers from \
                \(range.lowerBound) to \(range.upperBound), ranges (1-5) and steps (*/10)
                """
        )
    }
}
