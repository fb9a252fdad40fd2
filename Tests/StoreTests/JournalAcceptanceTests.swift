import FoundationEssentials
import Postgres
import Store
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1)))
struct JournalAcceptanceTests {
    @Test func takesTimesFromPostgreSQL() async throws {
        try await TestFleet.with { fleet async throws in
            let journal = JobJournal(pool: fleet.pool)
            var acceptance = JobAcceptance.sample(parameters: #"{"a":1}"#)
            acceptance.record.runAt = .distantPast
            acceptance.record.submittedAt = .distantPast
            let job = try #require(try await journal.accept([acceptance])[0].accepted)
            let now = try await journal.now()
            #expect(abs(job.submittedAt.timeIntervalSince(now)) < 30)
            #expect(job.runAt == job.submittedAt)
            #expect(job.deadline == job.runAt.addingTimeInterval(60))
            var entry = try #require(try await journal.entry(job.id))
            #expect(String(decoding: entry.job.parameters, as: UTF8.self) == #"{"a": 1}"#)
            entry.job.parameters = job.parameters
            #expect(entry.job == job)
        }
    }

    @Test func theSameRequestTwiceIsOneJob() async throws {
        try await TestFleet.with { fleet async throws in
            let journal = JobJournal(pool: fleet.pool)
            let first = JobAcceptance.sample(idempotency: ("k", 1))
            #expect(try await journal.accept([first])[0].accepted?.id == first.record.id)
            let again = try await journal.accept([.sample(idempotency: ("k", 1))])
            #expect(again == [.existing(first.record.id)])
            let other = try await journal.accept([.sample(idempotency: ("k", 2))])
            #expect(other == [.idempotencyConflict(first.record.id)])
            let customers = try await journal.accept([.sample(customer: UUID(), idempotency: ("k", 2))])
            #expect(customers[0].accepted != nil)
            #expect(try await journal.entries(.init(), before: nil, limit: 10).count == 2)
        }
    }

    @Test func theSameKeyTwiceInABatchIsOneJob() async throws {
        try await TestFleet.with { fleet async throws in
            let verdicts = try await JobJournal(pool: fleet.pool).accept([
                .sample(idempotency: ("k", 1)), .sample(idempotency: ("k", 1)),
                .sample(idempotency: ("k", 2)), .sample(dedupeKey: "d"), .sample(dedupeKey: "d"),
            ])
            let accepted = verdicts.compactMap(\.accepted)
            #expect(accepted.count == 2)
            #expect(verdicts.count { $0 == .existing(accepted[0].id) } == 1)
            #expect(verdicts.count { $0 == .idempotencyConflict(accepted[0].id) } == 1)
            #expect(verdicts[4] == .duplicate(accepted[1].id))
        }
    }

    @Test func aDedupeKeyIsHeldUntilItsJobIsFinished() async throws {
        try await TestFleet.with { fleet async throws in
            let journal = JobJournal(pool: fleet.pool)
            let epoch = try await journal.epoch()
            let first = JobAcceptance.sample(dedupeKey: "d")
            _ = try await journal.accept([first])
            #expect(try await journal.accept([.sample(dedupeKey: "d")]) == [.duplicate(first.record.id)])
            _ = try await journal.record([
                .sample(of: first.record.id, fence: epoch + 1, holdsDedupeKey: true)
            ])
            let second = try await journal.accept([.sample(dedupeKey: "d")])
            let holder = try #require(second[0].accepted)
            // A key that was left over by a crash between outcome and release is taken, too.
            _ = try await journal.record([.sample(of: holder.id, fence: epoch + 2)])
            #expect(try await journal.accept([.sample(dedupeKey: "d")])[0].accepted != nil)
        }
    }

    @Test func aRefusedDuplicateLeavesItsIdempotencyKeyFree() async throws {
        try await TestFleet.with { fleet async throws in
            let journal = JobJournal(pool: fleet.pool)
            let first = JobAcceptance.sample(dedupeKey: "d")
            _ = try await journal.accept([first])
            let refused = try await journal.accept([.sample(dedupeKey: "d", idempotency: ("k", 1))])
            #expect(refused == [.duplicate(first.record.id)])
            #expect(try await journal.accept([.sample(idempotency: ("k", 2))])[0].accepted != nil)
        }
    }

    @Test func aTickIsMadeOnce() async throws {
        try await TestFleet.with { fleet async throws in
            let journal = JobJournal(pool: fleet.pool)
            let tick = JobAcceptance.sample(
                id: .version7(at: Date(), digest: [UInt8](repeating: 3, count: 32))
            )
            #expect(try await journal.accept([tick])[0].accepted != nil)
            #expect(try await journal.accept([tick, .sample()])[0] == .existing(tick.record.id))
            #expect(try await journal.entries(.init(), before: nil, limit: 10).count == 2)
        }
    }

    @Test func oneBadValueRefusesItsBatchAsAWhole() async throws {
        try await TestFleet.with { fleet async throws in
            let journal = JobJournal(pool: fleet.pool)
            let error = await #expect(throws: PostgresError.self) {
                _ = try await journal.accept([.sample(), .sample(priority: 11)])
            }
            #expect(error?.sqlState == "23514")
            #expect(error?.constraint == "jobs_priority_range")
            #expect(try await journal.entries(.init(), before: nil, limit: 10).isEmpty)
        }
    }

    @Test(arguments: [-400.0, -3, 30, 370])
    func makesThePartitionOfADayThatHasNone(days: Double) async throws {
        try await TestFleet.with { fleet async throws in
            let journal = JobJournal(pool: fleet.pool)
            let id = UUID.version7(at: Date().addingTimeInterval(days * 86_400))
            #expect(try await journal.accept([.sample(id: id)])[0].accepted?.id == id)
            let fence = try await journal.epoch() + 1
            #expect(try await journal.record([.sample(of: id, fence: fence)]) == [.recorded])
            #expect(try await journal.entry(id)?.outcome?.status == .success)
        }
    }

    @Test func batchesWithKeysInOppositeOrderDoNotStopEachOther() async throws {
        try await TestFleet.with { fleet async throws in
            let journal = JobJournal(pool: fleet.pool)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for isReversed in [false, true] {
                    group.addTask {
                        for round in 0..<30 {
                            let keys = (0..<4).map { "\(round)-\($0)" }
                            let batch = zip(keys, isReversed ? keys.reversed() : keys).map { first, second in
                                let own = "\(isReversed)-\(first)"
                                return JobAcceptance.sample(dedupeKey: second, idempotency: (own, 1))
                            }
                            _ = try await journal.accept(batch)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
