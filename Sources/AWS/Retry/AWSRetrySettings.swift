/// How often and how fast calls are repeated.
public struct AWSRetrySettings: Sendable {
    /// How long one attempt may take; a long poll's waiting comes on top.
    public var timeout: Duration
    /// How often a call is tried in all; at least once.
    public var attempts: Int
    /// The longest first pause; it doubles with each attempt.
    public var firstPause: Duration
    /// The longest pause, also when the service asks for a longer one: then the call fails at once.
    public var longestPause: Duration

    /// Makes settings; what is left out has the defaults shown.
    public init(
        timeout: Duration = .seconds(20),
        attempts: Int = 4,
        firstPause: Duration = .milliseconds(500),
        longestPause: Duration = .seconds(20)
    ) {
        self.timeout = timeout
        self.attempts = attempts
        self.firstPause = firstPause
        self.longestPause = longestPause
    }

    /// How long to pause before another attempt.
    ///
    /// Full jitter: anything from nothing to the growing maximum, so that many clients do not come back
    /// together. What the service asks for is a minimum.
    ///
    /// - Parameters:
    ///   - attempt: How many attempts there have been.
    ///   - error: How the last one failed.
    ///   - isRepeatable: Whether doing it twice does no harm.
    ///   - remaining: The time left to the caller.
    ///   - random: A number from 0 to 1.
    /// - Returns: `nil` if the call must not, or for lack of time cannot, be repeated.
    package func pause(
        after attempt: Int,
        _ error: AWSError,
        isRepeatable: Bool = true,
        remaining: Duration? = nil,
        random: Double
    ) -> Duration? {
        guard error.isRetryable, attempt < attempts, isRepeatable || !error.mayHaveHappened else {
            return nil
        }
        var maximum = firstPause
        for _ in 1..<max(attempt, 1) where maximum < longestPause { maximum *= 2 }
        let pause = max(min(maximum, longestPause) * min(max(random, 0), 1), error.retryAfter ?? .zero)
        guard pause <= longestPause, remaining.map({ pause < $0 }) ?? true else { return nil }
        return pause
    }
}
