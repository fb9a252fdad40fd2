/// How often and how fast calls are repeated.
public struct RetrySettings: Sendable {
    /// How long one attempt may take.
    public var timeout: Duration
    /// How often a call is tried in all; at least once.
    public var attempts: Int
    /// By what the pause grows from one attempt to the next.
    public var backoffFactor: Double
    /// The longest first pause.
    public var firstPause: Duration
    /// The longest pause, also when the server asks for a longer one: then the call fails at once.
    public var longestPause: Duration

    /// Makes settings; what is left out has the defaults shown.
    public init(
        timeout: Duration = .seconds(30),
        attempts: Int = 3,
        backoffFactor: Double = 2,
        firstPause: Duration = .milliseconds(500),
        longestPause: Duration = .seconds(30)
    ) {
        self.timeout = timeout
        self.attempts = attempts
        self.backoffFactor = backoffFactor
        self.firstPause = firstPause
        self.longestPause = longestPause
    }

    /// How long to pause before another attempt.
    ///
    /// Full jitter: anything from nothing to the exponentially growing maximum, so that many clients do not come
    /// back together. What the server asks for is a minimum.
    ///
    /// - Parameters:
    ///   - attempt: How many attempts there have been.
    ///   - error: How the last one failed.
    ///   - remaining: The time left to the caller.
    ///   - random: A number from 0 to 1.
    /// - Returns: `nil` if the call must not, or for lack of time cannot, be repeated.
    package func pause(
        after attempt: Int,
        _ error: KubernetesError,
        remaining: Duration?,
        random: Double
    ) -> Duration? {
        guard error.isRetryable, attempt < attempts else { return nil }
        var maximum = firstPause
        for _ in 1..<max(attempt, 1) where maximum < longestPause {
            maximum = maximum * max(backoffFactor, 1)
        }
        let jittered = min(maximum, longestPause) * min(max(random, 0), 1)
        let pause = max(jittered, error.retryAfter ?? .zero)
        guard pause <= longestPause, remaining.map({ pause < $0 }) ?? true else { return nil }
        return pause
    }
}
