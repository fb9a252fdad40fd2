import FoundationEssentials
import Store

/// When an event is sent again that did not arrive, and when no more.
///
/// Pure: time and chance go in.
struct DeliveryPlan: Sendable {
    /// What a receiver, or the way to it, said.
    enum Verdict: Sendable, Equatable {
        /// It has the event.
        case taken
        /// It may have it later; it may say in how many seconds.
        case later(String, after: Int? = nil)
        /// It takes none as it is set up: a path that is not there, a password that is wrong.
        case refused(String)
        /// It does not take this event, whatever it says of others; asked again for as long as given.
        case unfit(String, patience: Duration)
        /// It is not there any more, and says so.
        case gone(String)
    }

    /// The first wait; each is twice the one before.
    var base = Duration.seconds(5)
    /// Waits grow to this, or to a tenth of what the event has waited already: the first one to arrive after an
    /// outage is late by no more.
    var plateau = Duration.seconds(60)
    /// No wait is longer.
    var cap = Duration.seconds(3600)
    /// For how long an event is tried, from when it was written.
    var limit = Duration.seconds(72 * 3600)
    /// After so many refusals in a row the channel is switched off: some six hours if one event is all that waits.
    var refusals = 50

    /// What follows from an attempt that failed; nil if it did not.
    ///
    /// - Parameters:
    ///   - verdict: What the receiver said.
    ///   - record: The event, its attempt counted.
    ///   - now: The time.
    ///   - chance: 0 to 1, spreads the receivers that failed together.
    /// - Returns: What to note.
    func failure(
        _ verdict: Verdict,
        of record: NotificationRecord,
        at now: Date,
        chance: Double
    ) -> NotificationStore.Failure? {
        let age = Duration.seconds(max(0, now.timeIntervalSince(record.createdAt)))
        let wait = wait(after: record.attempts, age: age, chance: chance)
        let isOver = age >= limit
        switch verdict {
        case .taken: return nil
        case .later(let reason, let seconds):
            let asked = Duration.seconds(min(max(seconds ?? 0, 0), 3600))
            return NotificationStore.Failure(reason, retryAfter: isOver ? nil : max(wait, asked))
        case .refused(let reason):
            return NotificationStore.Failure(reason, retryAfter: isOver ? nil : wait, isRefusal: true)
        case .unfit(let reason, let patience):
            let isGivenUp = isOver || age >= patience
            return NotificationStore.Failure(reason, retryAfter: isGivenUp ? nil : wait, isRefusal: true)
        case .gone(let reason):
            // It waits for a new target: whoever switches the channel on again loses nothing.
            return NotificationStore.Failure(
                reason,
                retryAfter: isOver ? nil : wait,
                isRefusal: true,
                disables: "\(reason): set another target, and enabled to true"
            )
        }
    }

    /// Twice as long each time, as far as it goes, less up to a quarter.
    private func wait(after attempts: Int, age: Duration, chance: Double) -> Duration {
        let doubled = base * Double(1 << min(max(attempts - 1, 0), 30))
        return min(doubled, max(plateau, age / 10), cap) * (1 - 0.25 * chance)
    }
}
