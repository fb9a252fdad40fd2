import FoundationEssentials
import Store

/// Five fields that say at which minutes something happens: `minute hour day-of-month month day-of-week`.
///
/// Pure; what it does where clocks are changed:
/// - A local time that does not exist that day happens at the moment of the jump.
/// - A local time that comes twice happens the first time only.
/// - Where the hour is `*`, every real hour counts: what does not exist is left out, what comes twice happens twice.
///
/// If both fields for days are given, either of them suffices, as in every cron.
struct CronExpression: Sendable, Equatable {
    private static let nicknames = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]
    /// Eight years and a bit: the 29th of February comes after 1896 no later than that.
    private static let farthestDays: Int64 = 8 * 366 + 1

    private let minute: CronField
    private let hour: CronField
    private let dayOfMonth: CronField
    private let month: CronField
    private let dayOfWeek: CronField

    /// Reads five fields, or one of `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually`.
    ///
    /// - Throws: ``SubmissionError`` saying what cannot be read.
    init(_ text: String) throws(SubmissionError) {
        let fields = (Self.nicknames[text.lowercased()] ?? text).split { $0 == " " || $0 == "\t" }
        guard fields.count == 5, text.utf8.count <= 200 else {
            throw SubmissionError(
                field: "cron",
                message: "must have five fields: minute, hour, day of month, month, day of week",
                validValues: Self.nicknames.keys.sorted()
            )
        }
        minute = try CronField(fields[0], .minute)
        hour = try CronField(fields[1], .hour)
        dayOfMonth = try CronField(fields[2], .dayOfMonth)
        month = try CronField(fields[3], .month)
        dayOfWeek = try CronField(fields[4], .dayOfWeek)
    }

    /// The first instant after another.
    ///
    /// - Returns: nil if there is none, as for the 30th of February.
    func next(after instant: Date, in zone: TimeZoneRules) -> Date? {
        let today = Self.day(of: instant, in: zone)
        for day in today - 1...today + Self.farthestDays {
            if let found = instants(ofDay: day, in: zone).first(where: { $0 > instant }) { return found }
        }
        return nil
    }

    /// The last instant that is not after another.
    func previous(atOrBefore instant: Date, in zone: TimeZoneRules) -> Date? {
        let today = Self.day(of: instant, in: zone)
        for day in (today - Self.farthestDays...today + 1).reversed() {
            if let found = instants(ofDay: day, in: zone).last(where: { $0 <= instant }) { return found }
        }
        return nil
    }

    /// All instants of a local day, ascending.
    private func instants(ofDay day: Int64, in zone: TimeZoneRules) -> [Date] {
        guard matches(day) else { return [] }
        let (hours, minutes) = (hour.numbers, minute.numbers)
        let offset = zone.offset(at: (day - 1) * 86_400)
        if offset == zone.offset(at: (day + 2) * 86_400) {
            // A day like most: no clock is changed.
            return hours.flatMap { hour in
                minutes.map { minute in
                    let local = day * 86_400 + Int64(hour) * 3600 + Int64(minute) * 60
                    return Date(timeIntervalSince1970: Double(local - offset))
                }
            }
        }
        var instants: Set<Int64> = []
        for hour in hours {
            for minute in minutes {
                let local = day * 86_400 + Int64(hour) * 3600 + Int64(minute) * 60
                switch zone.instant(ofLocal: local) {
                case .once(let instant): instants.insert(instant)
                case .twice(let first, let second):
                    instants.insert(first)
                    if self.hour.isWild { instants.insert(second) }
                case .never(let jump):
                    if !self.hour.isWild { instants.insert(jump) }
                }
            }
        }
        return instants.sorted().map { Date(timeIntervalSince1970: Double($0)) }
    }

    private func matches(_ day: Int64) -> Bool {
        let date = CivilDay.date(ofDay: day)
        guard month.contains(Int(date.month)) else { return false }
        let isDayOfMonth = dayOfMonth.contains(Int(date.day))
        // The first day of 1970 was a Thursday.
        let isDayOfWeek = dayOfWeek.contains(Int((day + 4).flooredDivision(by: 7).remainder))
        return dayOfMonth.isWild || dayOfWeek.isWild
            ? isDayOfMonth && isDayOfWeek : isDayOfMonth || isDayOfWeek
    }

    private static func day(of instant: Date, in zone: TimeZoneRules) -> Int64 {
        let seconds = Int64(instant.timeIntervalSince1970.rounded(.down))
        return (seconds + zone.offset(at: seconds)).flooredDivision(by: 86_400).quotient
    }
}
