import FoundationEssentials
import Jobs
import Postgres
import Store
import TestKit
import Testing

@testable import Scheduler

@Suite("Notification sweep", .timeLimit(.minutes(1))) struct NotificationSweepTests {
    @Test("a channel with something to send has one job, however often and by however many it is found")
    func makesOneJob() async throws {
        try await TestFleet.with { fleet in
            let owner = CustomerRecord(companyName: "c", externalID: "e")
            try await CustomerStore(pool: fleet.pool).insert(owner)
            let channels = NotificationChannelStore(pool: fleet.pool, keyring: fleet.keyring)
            let channel = try await fleet.makeChannel(for: owner.id)
            let outbox = NotificationStore(pool: fleet.pool)
            let sweeps = try [fleet.queue, fleet.another()].map {
                NotificationSweep(queue: $0, outbox: outbox, logger: fleet.logger)
            }
            func jobs() async throws -> Int {
                let rows = try await fleet.pool.query(
                    """
                    SELECT count(*) AS jobs FROM jobs WHERE type = 'send-notification' AND customer_id = \(owner.id)
                        AND parameters ->> 'channel_id' = \(channel.text)
                    """
                )
                return Int(try #require(rows.first).decode("jobs", as: Int64.self))
            }
            try await sweeps[0].sweep()
            #expect(try await jobs() == 0, "nothing waits")
            let record = try #require(try await channels.find(channel))
            for _ in 0..<3 { _ = try await channels.recordTest(record, by: "test") }
            for sweep in sweeps + sweeps { try await sweep.sweep() }
            #expect(try await jobs() == 1)
            // What is under way, or waits for its next attempt, needs no other job.
            _ = try #require(try await outbox.begin(channel, for: .seconds(60)))
            #expect(try await outbox.dueChannels().isEmpty)
        }
    }
}
