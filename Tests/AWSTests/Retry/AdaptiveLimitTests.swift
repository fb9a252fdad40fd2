import AWS
import Testing

struct AdaptiveLimitTests {
    /// Calls that come as fast as they may, of a service that takes so many a second.
    private func run(
        _ limit: inout AdaptiveLimit,
        from start: Double,
        for duration: Double,
        allowed: Double
    ) -> (sent: Int, throttled: Int) {
        var now = start
        var (sent, throttled) = (0, 0)
        var second = Int(start)
        var inSecond = 0
        while now < start + duration {
            now += limit.acquire(at: now, patience: 60) ?? 60
            if Int(now) != second { (second, inSecond) = (Int(now), 0) }
            inSecond += 1
            sent += 1
            if Double(inSecond) > allowed {
                throttled += 1
                limit.throttled(at: now)
            } else {
                limit.answered(at: now)
            }
            now += 0.002
        }
        return (sent, throttled)
    }

    @Test func isFreeUntilTheFirstThrottle() {
        var limit = AdaptiveLimit()
        for i in 0..<1000 {
            let wait = limit.acquire(at: Double(i) / 1000, patience: 0)
            #expect(wait == 0)
            limit.answered(at: Double(i) / 1000)
        }
        #expect(limit.rate == nil)
    }

    @Test func slowsDownToWhatIsAllowed() {
        var limit = AdaptiveLimit()
        let (sent, throttled) = run(&limit, from: 0, for: 120, allowed: 20)
        // Near the limit, with few throttles.
        #expect(sent - throttled > 1200)
        #expect(Double(throttled) < Double(sent) * 0.1)
    }

    @Test func isNeverSlowerThanACallASecond() {
        var limit = AdaptiveLimit()
        _ = limit.acquire(at: 0, patience: 1)
        for i in 0..<50 { limit.throttled(at: Double(i) * 0.01) }
        #expect(limit.rate == 1)
        var now = 1.0
        for _ in 0..<5 {
            let wait = limit.acquire(at: now, patience: 10) ?? 100
            #expect(wait <= 1.001)
            now += wait
        }
    }

    @Test func isFreeAgainAfterAQuietMinute() {
        var limit = AdaptiveLimit()
        _ = limit.acquire(at: 0, patience: 1)
        limit.throttled(at: 0)
        #expect(limit.rate != nil)
        _ = limit.acquire(at: 61, patience: 1)
        #expect(limit.rate == nil)
    }

    @Test func whoCannotWaitTakesNoPlace() {
        var limit = AdaptiveLimit()
        _ = limit.acquire(at: 0, patience: 1)
        limit.throttled(at: 0)
        // A call a second: each next one waits a second longer.
        let waits = (0..<5).map { _ in limit.acquire(at: 0.5, patience: 100) ?? -1 }
        for (one, next) in zip(waits, waits.dropFirst()) { #expect(abs(next - one - 1) < 0.001) }
        let refused = (0..<2).map { _ in limit.acquire(at: 0.5, patience: 2) }
        #expect(refused == [nil, nil])
        let next = limit.acquire(at: 0.5, patience: 100) ?? 0
        #expect(abs(next - waits[4] - 1) < 0.001)
        limit.giveBack()
        let again = limit.acquire(at: 0.5, patience: 100)
        #expect(again == next)
    }

    @Test func repetitionsHaveABudget() {
        var limit = AdaptiveLimit()
        let first = (0..<100).map { _ in limit.takeRetry() }
        #expect(first.filter { $0 }.count == 20)
        for _ in 0..<5 { limit.answered(at: 0) }
        let more = (0..<2).map { _ in limit.takeRetry() }
        #expect(more == [true, false])
    }
}
