import FoundationEssentials
import Store

/// When a schedule ticks.
///
/// Pure: time goes in.
enum ScheduleTiming: Sendable, Equatable {
    /// At multiples of so many seconds since 1970.
    case every(seconds: Int)
    /// As cron says, by the clocks of a time zone.
    case cron(CronExpression, TimeZoneRules)

    /// The longest interval: 31 days.
    static let longestInterval = 31 * 86_400

    /// - Throws: ``SubmissionError`` naming the field that is wrong.
    init(_ definition: ScheduleDefinition) throws(SubmissionError) {
        switch (definition.everySeconds, definition.cron) {
        case (let seconds?, nil):
            guard (1...Self.longestInterval).contains(seconds) else {
                throw SubmissionError(
                    field: "every_seconds",
                    message: "must be from 1 to \(Self.longestInterval)"
                )
            }
            guard definition.timeZone == "UTC" else {
                throw SubmissionError(field: "time_zone", message: "goes with cron only")
            }
            self = .every(seconds: seconds)
        case (nil, let cron?):
            let expression = try CronExpression(cron)
            let zone = try TimeZoneRules.named(definition.timeZone)
            guard expression.next(after: Date(), in: zone) != nil else {
                throw SubmissionError(field: "cron", message: "names days that never come")
            }
            self = .cron(expression, zone)
        default:
            throw SubmissionError(field: "every_seconds", message: "or cron must be given, not both")
        }
    }

    /// The first tick after an instant; nil if there is none.
    func next(after instant: Date) -> Date? {
        switch self {
        case .cron(let expression, let zone): return expression.next(after: instant, in: zone)
        case .every(let seconds):
            let number = Int64(instant.timeIntervalSince1970.rounded(.down)).flooredDivision(
                by: Int64(seconds)
            )
            return Date(timeIntervalSince1970: Double((number.quotient + 1) * Int64(seconds)))
        }
    }

    /// The last tick that is not after an instant; nil if there is none.
    func previous(atOrBefore instant: Date) -> Date? {
        switch self {
        case .cron(let expression, let zone): return expression.previous(atOrBefore: instant, in: zone)
        case .every(let seconds):
            let number = Int64(instant.timeIntervalSince1970.rounded(.down)).flooredDivision(
                by: Int64(seconds)
            )
            return Date(timeIntervalSince1970: Double(number.quotient * Int64(seconds)))
        }
    }

    /// How long before they begin ticks are made.
    ///
    /// At least as long as a take-over lasts, so that ticks are on time even if their scheduler dies.
    var lookAhead: Duration {
        switch self {
        case .every(let seconds): min(max(.seconds(seconds) / 2, .seconds(5)), .seconds(15))
        case .cron: .seconds(15)
        }
    }
}
