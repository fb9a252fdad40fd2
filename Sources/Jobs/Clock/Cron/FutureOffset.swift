import Store

/// What a time zone's file says of the time after its last change: a `TZ` string of POSIX, such as
/// `CET-1CEST,M3.5.0,M10.5.0/3`.
struct FutureOffset: Sendable, Equatable {
    /// The `day`th weekday `week` of a month, or the last one.
    struct Rule: Sendable, Equatable {
        let month: Int64
        /// 1 to 5; 5 is the last.
        let week: Int64
        /// 0 is Sunday.
        let weekday: Int64
        /// Seconds after midnight, from minus to plus seven days.
        let time: Int64

        /// In seconds since 1970, on the wall.
        func local(in year: Int64) -> Int64 {
            let first = CivilDay.day(year: year, month: month, day: 1) ?? 0
            let next =
                CivilDay.day(year: month == 12 ? year + 1 : year, month: month % 12 + 1, day: 1) ?? first + 28
            let weekdayOfFirst = (first + 4).flooredDivision(by: 7).remainder
            var day = first + (weekday - weekdayOfFirst + 7) % 7 + (week - 1) * 7
            while day >= next { day -= 7 }
            return day * 86_400 + time
        }
    }

    let standard: Int64
    /// Offset, begin and end of the time that clocks are set to for a part of the year.
    let other: (offset: Int64, begin: Rule, end: Rule)?

    func offset(at instant: Int64) -> Int64 {
        guard let other else { return standard }
        let year = CivilDay.date(ofDay: (instant + standard).flooredDivision(by: 86_400).quotient).year
        let begin = other.begin.local(in: year) - standard
        let end = other.end.local(in: year) - other.offset
        let isOther = begin < end ? (begin..<end).contains(instant) : !(end..<begin).contains(instant)
        return isOther ? other.offset : standard
    }

    static func == (left: Self, right: Self) -> Bool {
        left.standard == right.standard && left.other?.offset == right.other?.offset
            && left.other?.begin == right.other?.begin && left.other?.end == right.other?.end
    }
}

extension FutureOffset {
    /// Reads a `TZ` string; nil if it is none, or gives days by their number in the year, which no zone does.
    init?(_ text: String) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        var rest = parts[0][...]
        guard Self.name(&rest), let standard = Self.duration(&rest) else { return nil }
        self.standard = -standard
        guard !rest.isEmpty else {
            guard parts.count == 1 else { return nil }
            other = nil
            return
        }
        guard Self.name(&rest) else { return nil }
        // An hour more, unless it says otherwise.
        let offset = rest.isEmpty ? 3600 - standard : Self.duration(&rest).map { -$0 }
        guard let offset, rest.isEmpty, parts.count == 3, let begin = Rule(parts[1]), let end = Rule(parts[2])
        else {
            return nil
        }
        other = (offset, begin, end)
    }

    /// Letters, or anything in angle brackets.
    private static func name(_ rest: inout Substring) -> Bool {
        if rest.first == "<" {
            guard let end = rest.firstIndex(of: ">") else { return false }
            rest = rest[rest.index(after: end)...]
            return true
        }
        let letters = rest.prefix(while: \.isLetter)
        rest = rest.dropFirst(letters.count)
        return letters.count >= 3
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    fileprivate static func duration(_ rest: inout Substring) -> Int64? {
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest = rest.dropFirst() }
        let text = rest.prefix { $0.isNumber || $0 == ":" }
        rest = rest.dropFirst(text.count)
        let numbers = text.split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) }
        guard (1...3).contains(numbers.count), !numbers.contains(nil) else { return nil }
        let seconds = zip(numbers, [3600, 60, 1]).reduce(0) { $0 + ($1.0 ?? 0) * $1.1 }
        return isNegative ? -seconds : seconds
    }
}

extension FutureOffset.Rule {
    /// Reads `Mm.w.d[/time]`.
    fileprivate init?(_ text: Substring) {
        let parts = text.split(separator: "/", maxSplits: 1)
        guard let date = parts.first, date.first == "M" else { return nil }
        let numbers = date.dropFirst().split(separator: ".").compactMap { Int64($0) }
        guard numbers.count == 3, (1...12).contains(numbers[0]), (1...5).contains(numbers[1]),
            (0...6).contains(numbers[2])
        else { return nil }
        var time: Int64 = 7200
        if parts.count == 2 {
            var rest = parts[1]
            guard let given = FutureOffset.duration(&rest), rest.isEmpty else { return nil }
            time = given
        }
        self.init(month: numbers[0], week: numbers[1], weekday: numbers[2], time: time)
    }
}
