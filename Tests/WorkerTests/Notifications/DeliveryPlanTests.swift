import FoundationEssentials
import Store
import TestKit
import Testing

@testable import Worker

@Suite("When a notification is sent again", .timeLimit(.minutes(1))) struct DeliveryPlanTests {
    @Test(
        "waits double up to a minute or a tenth of the time that an event waits already, and a receiver may ask for more"
    )
    func waits() async throws {
        try await TestFleet.with { fleet in
            let bench = try await NotificationBench(fleet, .email, "ops@example.org")
            _ = try await bench.record(1)
            var record = try #require(try await bench.outbox.begin(bench.channel, for: .seconds(1)))
            let (plan, now) = (DeliveryPlan(), record.createdAt)
            for (attempts, age, seconds) in [
                (1, 0, 5), (2, 5, 10), (4, 35, 40), (12, 600, 60), (13, 1200, 120), (60, 40_000, 3600),
            ] {
                record.attempts = attempts
                let date = now + Double(age)
                let full = plan.failure(.later("x"), of: record, at: date, chance: 0)
                #expect(full?.retryAfter == .seconds(seconds))
                let least = plan.failure(.later("x"), of: record, at: date, chance: 1)
                #expect(least?.retryAfter == .seconds(seconds) * 0.75)
            }
            let asked = plan.failure(.later("x", after: 100_000), of: record, at: now, chance: 0)
            #expect(asked?.retryAfter == .seconds(3600))
            let over = plan.failure(.later("x"), of: record, at: now + 72 * 3600, chance: 0)
            #expect(over != nil && over?.retryAfter == nil)
        }
    }

    @Test("an outage of any length ends for the customer within a tenth of it, or a minute")
    func isBackSoon() async throws {
        try await TestFleet.with { fleet in
            let bench = try await NotificationBench(fleet, .email, "ops@example.org")
            _ = try await bench.record(1)
            var record = try #require(try await bench.outbox.begin(bench.channel, for: .seconds(1)))
            let (plan, start) = (DeliveryPlan(), record.createdAt)
            for outage in [30, 600, 3600, 12 * 3600] as [TimeInterval] {
                var now = start
                record.attempts = 1
                while now < start + outage {
                    let failure = plan.failure(.later("x"), of: record, at: now, chance: 0)
                    now += try #require(failure?.retryAfter).seconds
                    record.attempts += 1
                }
                let late = now.timeIntervalSince(start) - outage
                #expect(late <= max(60, outage / 10))
            }
        }
    }
}
