internal import Glibc

/// How fast one limit of AWS may be used: one account, region and service.
///
/// Free until the first throttle. Then calls take tokens from a bucket, whose rate falls with each throttle
/// to 70 % of what was sent, and grows back along a cubic curve that is flat about the rate which was too
/// much; that is TCP CUBIC (RFC 9438), as in the adaptive mode of AWS's SDKs. A minute without a throttle
/// frees it again, since the limit is shared with the customer's own controllers, whose burst may have been
/// the cause.
///
/// Retries draw on a budget that successes fill up: when nearly everything fails, few calls are tried twice.
///
/// Pure: times are seconds of any clock that runs evenly.
package struct AdaptiveLimit: Sendable {
    /// Of what was sent when a throttle came.
    private static let decrease = 0.7
    /// How steep the curve is.
    private static let scale = 0.4
    /// Not slower than this, in calls a second: a drain has two minutes.
    private static let slowest = 1.0
    private static let quietTime = 60.0
    private static let retryBudget = 100.0
    private static let retryCost = 5.0

    /// Calls a second; `nil` while free.
    package private(set) var rate: Double?
    private var tokens = 0.0
    private var filledAt = 0.0
    private var lastThrottle = 0.0
    private var rateAtThrottle = 0.0
    private var retryTokens = Self.retryBudget
    private var sent = SentRate()

    package init() {}

    /// Takes a place in the queue.
    ///
    /// - Parameters:
    ///   - now: The time.
    ///   - patience: The longest wait that is of use.
    /// - Returns: How long to wait, in seconds; `nil` if it is longer, and then no place is taken.
    package mutating func acquire(at now: Double, patience: Double) -> Double? {
        if rate != nil, now - lastThrottle > Self.quietTime { rate = nil }
        guard let rate else {
            sent.record(at: now)
            return 0
        }
        fill(rate, now)
        let wait = max(0, (1 - tokens) / rate)
        guard wait < patience || wait == 0 else { return nil }
        tokens -= 1
        sent.record(at: now + wait)
        return wait
    }

    /// Gives back a place that was not used.
    package mutating func giveBack() {
        if rate != nil { tokens += 1 }
    }

    /// A call was answered, whatever the answer.
    package mutating func answered(at now: Double) {
        retryTokens = min(Self.retryBudget, retryTokens + 1)
        guard let current = rate else { return }
        fill(current, now)
        let time = now - lastThrottle
        let turn = cbrt(rateAtThrottle * (1 - Self.decrease) / Self.scale)
        let curve = Self.scale * (time - turn) * (time - turn) * (time - turn) + rateAtThrottle
        // Not far beyond what is really used, or an idle hour would end in a burst.
        setRate(min(curve, max(current, 2 * sent.perSecond(at: now))))
    }

    /// A call was throttled.
    package mutating func throttled(at now: Double) {
        let measured = sent.perSecond(at: now)
        if let rate { fill(rate, now) } else { filledAt = now }
        rateAtThrottle = max(rate.map { min($0, measured) } ?? measured, Self.slowest)
        lastThrottle = now
        setRate(rateAtThrottle * Self.decrease)
    }

    /// Whether another attempt is affordable.
    package mutating func takeRetry() -> Bool {
        guard retryTokens >= Self.retryCost else { return false }
        retryTokens -= Self.retryCost
        return true
    }

    private mutating func setRate(_ value: Double) {
        let value = max(value, Self.slowest)
        rate = value
        tokens = min(tokens, max(1, value))
    }

    private mutating func fill(_ rate: Double, _ now: Double) {
        tokens = min(max(1, rate), tokens + max(0, now - filledAt) * rate)
        filledAt = max(filledAt, now)
    }
}

/// How many calls a second were sent lately: whole seconds, smoothed.
private struct SentRate: Sendable {
    private var second = 0
    private var count = 0.0
    private var smoothed = 0.0

    mutating func record(at now: Double) {
        roll(to: Int(now))
        count += 1
    }

    mutating func perSecond(at now: Double) -> Double {
        roll(to: Int(now))
        return max(smoothed, count)
    }

    private mutating func roll(to now: Int) {
        guard now > second else { return }
        // What was sent in seconds long gone counts for nothing.
        let passed = min(now - second, 10)
        smoothed = smoothed * 0.2 + count * 0.8
        for _ in 1..<passed { smoothed *= 0.2 }
        count = 0
        second = now
    }
}
