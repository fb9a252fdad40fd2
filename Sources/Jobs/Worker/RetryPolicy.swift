/// When a run that failed is tried again.
public struct RetryPolicy: Sendable {
    /// The wait before the second run.
    public var base: Duration
    /// The longest wait.
    public var cap: Duration

    /// Makes a policy; by default 1 s, 2 s, 4 s … up to 60 s.
    public init(base: Duration = .seconds(1), cap: Duration = .seconds(60)) {
        self.base = base
        self.cap = cap
    }

    /// The wait after a failed run: doubling, of which the upper half is random, so that jobs that failed together
    /// do not come back together.
    ///
    /// - Parameters:
    ///   - attempt: The run that failed, from 1.
    ///   - jitter: 0 to 1.
    /// - Returns: How long to wait.
    public func delay(afterAttempt attempt: Int, jitter: Double) -> Duration {
        let doubled = base * Int(1 << min(max(attempt - 1, 0), 20))
        let full = min(doubled, cap)
        return full / 2 + full / 2 * min(max(jitter, 0), 1)
    }
}
