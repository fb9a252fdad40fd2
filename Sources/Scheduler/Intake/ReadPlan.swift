/// When a queue is read again.
///
/// Pure: times and chance go in. While messages come there is no pause at all.
struct ReadPlan: Sendable {
    /// The longest first pause after a failure; it doubles with each.
    static let firstPause: Duration = .seconds(1)
    /// The longest pause after failures that may pass.
    static let longestPause: Duration = .seconds(20)
    /// The pause after a failure that will not pass by itself: from this, doubling, to five times as much.
    static let slowPause: Duration = .seconds(60)
    /// An answer without messages that comes sooner did not wait for any.
    static let shortestWait: Duration = .seconds(1)

    /// Reads that failed in a row.
    private(set) var failures = 0

    /// A read succeeded.
    ///
    /// - Parameters:
    ///   - messages: How many it brought.
    ///   - took: How long it took.
    /// - Returns: How long to pause: not at all, unless the service does not wait for messages.
    mutating func succeeded(_ messages: Int, took: Duration) -> Duration {
        failures = 0
        return messages == 0 ? max(.zero, Self.shortestWait - took) : .zero
    }

    /// A read failed.
    ///
    /// - Parameters:
    ///   - mayPass: Whether it may succeed without anybody changing anything.
    ///   - random: A number from 0 to 1.
    /// - Returns: How long to pause.
    mutating func failed(mayPass: Bool, random: Double) -> Duration {
        failures += 1
        let doublings = min(failures - 1, 10)
        let chance = min(max(random, 0), 1)
        if mayPass {
            let maximum = min(Self.firstPause * (1 << doublings), Self.longestPause)
            // Half of it is certain, so that a queue that fails at once is never asked in a circle.
            return maximum / 2 + maximum / 2 * chance
        }
        let minimum = min(Self.slowPause * (1 << doublings), Self.slowPause * 4)
        return minimum + minimum / 4 * chance
    }
}
