/// How long to pause before the next attempt to connect: doubling up to a cap, with jitter.
package struct ReconnectBackoff: Sendable {
    package var base: Duration
    package var cap: Duration

    package init(base: Duration, cap: Duration) {
        self.base = base
        self.cap = cap
    }

    /// The pause after a number of failures in a row.
    ///
    /// - Parameters:
    ///   - failures: At least 1.
    ///   - jitter: 0 to 1; the pause is between half and all of its length, so that many processes that lost
    ///     the same server don't return in step.
    /// - Returns: The pause, at most the cap.
    package func pause(failures: Int, jitter: Double) -> Duration {
        precondition(failures >= 1, "no pause without a failure")
        let doubled = base * (1 << min(failures - 1, 20))
        return min(doubled, cap) * (0.5 + 0.5 * jitter)
    }
}
