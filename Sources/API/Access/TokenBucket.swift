/// A rate limit that lets a second's worth through at once.
///
/// Pure: time goes in.
struct TokenBucket {
    let perSecond: Double
    private var tokens: Double
    private var last: ContinuousClock.Instant

    init(perSecond: Double, at now: ContinuousClock.Instant) {
        self.perSecond = perSecond
        tokens = perSecond
        last = now
    }

    /// Takes a token.
    ///
    /// - Returns: nil if there was one; else how long until there is.
    mutating func take(at now: ContinuousClock.Instant) -> Duration? {
        let elapsed = last.duration(to: now)
        let (seconds, attoseconds) = elapsed.components
        tokens = min(perSecond, tokens + (Double(seconds) + Double(attoseconds) * 1e-18) * perSecond)
        last = now
        guard tokens < 1 else {
            tokens -= 1
            return nil
        }
        return .seconds((1 - tokens) / perSecond)
    }
}
