import FoundationEssentials
import Store

/// Which ticks of a schedule are to be made now.
///
/// Pure: time goes in.
///
/// Ticks are multiples of the interval since 1970. A tick is made a little before it begins, so that a scheduler may
/// be restarted without a gap. Missed ticks are not made up for: only the interval we are in counts.
struct TickPlan {
    let every: Duration
    /// How long before it begins a tick is made.
    let lookAhead: Duration
    private(set) var last: Date?

    init(every: Duration, lookAhead: Duration) {
        precondition(every >= .seconds(1), "an interval of \(every)")
        self.every = every
        self.lookAhead = lookAhead
    }

    /// The ticks to make, oldest first.
    func due(at now: Date) -> [Date] {
        let interval = every.seconds
        let first = (now.timeIntervalSince1970 / interval).rounded(.down)
        let final = ((now.timeIntervalSince1970 + lookAhead.seconds) / interval).rounded(.down)
        return stride(from: first, through: final, by: 1)
            .map { Date(timeIntervalSince1970: $0 * interval) }
            .filter { tick in last.map { tick > $0 } ?? true }
    }

    /// Notes that a tick was made.
    mutating func made(_ tick: Date) {
        last = max(last ?? tick, tick)
    }

    /// How long until there may be something to do.
    func wait(at now: Date) -> Duration {
        let interval = every.seconds
        let into = (now.timeIntervalSince1970 + lookAhead.seconds).truncatingRemainder(dividingBy: interval)
        return .seconds(min(max(interval - into, 0.01), 1))
    }
}
