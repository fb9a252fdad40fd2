import FoundationEssentials
import Store

/// Which ticks of a schedule are to be made now.
///
/// Pure: time goes in.
///
/// A tick is made a little before it begins, so that a scheduler may die without a gap. What nobody made before it
/// began was missed; the schedule's policy says which of those are made up for.
struct TickPlan {
    /// Ticks that are older are given up, whatever the policy: a job's id holds its tick, and days are dropped.
    static let oldest: TimeInterval = 7 * 86_400

    let timing: ScheduleTiming
    let missed: ScheduleDefinition.MissedTicks
    let maximumCatchUp: Int

    init(_ schedule: Schedule) {
        timing = schedule.timing
        missed = schedule.definition.missed
        maximumCatchUp = schedule.definition.maximumCatchUp
    }

    /// The ticks to make, oldest first.
    ///
    /// - Parameters:
    ///   - now: PostgreSQL's time.
    ///   - done: Ticks up to here are made, or none of the schedule's; nil if it never ticked.
    /// - Returns: Those that were missed and are made up for, then those that are about to begin.
    func due(at now: Date, after done: Date?) -> [Date] {
        let bound = max(done ?? .distantPast, now.addingTimeInterval(-Self.oldest))
        return missedTicks(at: now, after: bound) + ticks(after: max(bound, now), through: horizon(now))
    }

    /// How long until there may be something to do.
    func wait(at now: Date, after done: Date?) -> Duration {
        let made = max(done ?? now, horizon(now))
        guard let next = timing.next(after: made) else { return .seconds(1) }
        return .seconds(min(max(next.timeIntervalSince(horizon(now)), 0.01), 1))
    }

    private func horizon(_ now: Date) -> Date { now.addingTimeInterval(timing.lookAhead.seconds) }

    private func ticks(after start: Date, through end: Date) -> [Date] {
        var ticks: [Date] = []
        while let next = timing.next(after: ticks.last ?? start), next <= end { ticks.append(next) }
        return ticks
    }

    private func missedTicks(at now: Date, after bound: Date) -> [Date] {
        switch missed {
        case .skip: return []
        case .latest:
            guard let tick = timing.previous(atOrBefore: now), tick > bound, isUseful(tick, at: now) else {
                return []
            }
            return [tick]
        case .all:
            var ticks: [Date] = []
            var instant = now
            while ticks.count < maximumCatchUp, let tick = timing.previous(atOrBefore: instant), tick > bound
            {
                ticks.append(tick)
                instant = tick.addingTimeInterval(-1)
            }
            return ticks.reversed()
        }
    }

    /// What is made in the last quarter of an interval comes hardly before the next tick.
    private func isUseful(_ tick: Date, at now: Date) -> Bool {
        guard let next = timing.next(after: tick) else { return true }
        return now.timeIntervalSince(tick) < 0.75 * next.timeIntervalSince(tick)
    }
}
