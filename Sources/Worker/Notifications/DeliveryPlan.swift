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
        /// It does not want the request as it is.
        case refused(String)
        /// It is not there any more, and says so.
        case gone(String)
    }

    /// The first wait; each is twice the one before.
    var base = Duration.seconds(5)
    /// No wait is longer.
    var cap = Duration.seconds(3600)
    /// For how long an event is tried, from when it was written.
    var limit = Duration.seconds(72 * 3600)
    /// After so many refusals in a row the channel is switched off.
    var refusals = 12

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
        let wait = wait(after: record.attempts, chance: chance)
        let isOver = now >= record.createdAt.addingTimeInterval(limit.seconds)
        switch verdict {
        case .taken: return nil
        case .later(let reason, let seconds):
            let asked = Duration.seconds(min(max(seconds ?? 0, 0), 3600))
            return NotificationStore.Failure(reason, retryAfter: isOver ? nil : max(wait, asked))
        case .refused(let reason):
            return NotificationStore.Failure(reason, retryAfter: isOver ? nil : wait, isRefusal: true)
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

    /// Twice as long each time, less up to a quarter.
    private func wait(after attempts: Int, chance: Double) -> Duration {
        let doubled = base * Double(1 << min(max(attempts - 1, 0), 30))
        return min(doubled, cap) * (1 - 0.25 * chance)
    }
}
