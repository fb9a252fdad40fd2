import FoundationEssentials
import Redis
import Store
import TestKit
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct RecoveryTests {
    /// A run of a lease, as its worker would record it.
    private func attempt(
        _ lease: Lease,
        _ status: AttemptRecord.Status,
        isTerminal: Bool
    ) -> AttemptRecord {
        AttemptRecord(
            jobID: lease.job.id,
            fence: lease.fence,
            attempt: lease.attemptsUsed + 1,
            queue: lease.job.queue,
            workerID: "w1",
            startedAt: lease.claimedAt,
            duration: .milliseconds(1),
            status: status,
            isTerminal: isTerminal
        )
    }

    @Test func anAbandonedClaimComesBackAtItsPlaceWithNoAttemptUsed() async throws {
        try await TestFleet.with { fleet async throws in
            let first = try await fleet.put([.sample(priority: 1)])[0]
            try await fleet.put([.sample(priority: 2)])
            let lost = try #require(try await fleet.claim(lease: .zero).first)
            #expect(try await fleet.reaper().reap() == 1)
            #expect(try await fleet.reaper().reap() == 0)
            let again = try #require(try await fleet.claim().first)
            #expect(again.job.id == first.id)
            #expect(again.attemptsUsed == 0)
            #expect(again.mayHaveRun)
            // The late result of the lost claim has no place.
            let verdicts = try await fleet.journal.record([attempt(lost, .success, isTerminal: true)])
            #expect(verdicts == [.claimSettled(.lost, isTerminal: false)])
            let entry = try #require(try await fleet.journal.entry(first.id))
            #expect(entry.attempts.map(\.failure?.code) == ["worker_lost"])
        }
    }

    @Test func aJobThatCostThreeWorkersIsSetAside() async throws {
        try await TestFleet.with { fleet async throws in
            let job = try await fleet.put([.sample()])[0]
            for _ in 0..<3 {
                #expect(try await fleet.claim(lease: .zero).count == 1)
                #expect(try await fleet.reaper().reap() == 1)
            }
            #expect(try await fleet.claim().isEmpty)
            let outcome = try #require(try await fleet.outcome(of: job.id))
            #expect(outcome.status == .failed && outcome.isDead)
            #expect(outcome.failure?.code == "poison")
            #expect(try await fleet.leftovers() == [])
        }
    }

    @Test func whatWasRecordedButNotAcknowledgedIsAcknowledged() async throws {
        try await TestFleet.with { fleet async throws in
            let job = try await fleet.put([.sample()])[0]
            let lease = try #require(try await fleet.claim(lease: .zero).first)
            _ = try await fleet.journal.record([attempt(lease, .success, isTerminal: true)])
            #expect(try await fleet.reaper().reap() == 1)
            #expect(try await fleet.place(of: job) == .absent)
            #expect(try await fleet.journal.entry(job.id)?.attempts.map(\.status) == [.success])
            #expect(try await fleet.leftovers() == [])
        }
    }

    @Test func aRecordedFailureThatWasNotAcknowledgedIsARetry() async throws {
        try await TestFleet.with { fleet async throws in
            try await fleet.put([.sample()])
            let lease = try #require(try await fleet.claim(lease: .zero).first)
            _ = try await fleet.journal.record([attempt(lease, .failed, isTerminal: false)])
            #expect(try await fleet.reaper().reap() == 1)
            let again = try #require(try await fleet.claim().first)
            #expect(again.attemptsUsed == 1)
        }
    }

    @Test func aRecordedReleaseThatWasNotAcknowledgedIsARelease() async throws {
        try await TestFleet.with { fleet async throws in
            try await fleet.put([.sample()])
            let lease = try #require(try await fleet.claim(lease: .zero).first)
            _ = try await fleet.journal.record([attempt(lease, .released, isTerminal: false)])
            #expect(try await fleet.reaper().reap() == 1)
            #expect(try await fleet.claim().first?.attemptsUsed == 0)
        }
    }

    @Test func aKilledHolderFreesItsKeyWithItsLease() async throws {
        try await TestFleet.with { fleet async throws in
            let jobs = try await fleet.put([
                .sample(priority: 1, exclusiveKey: "k"), .sample(priority: 2, exclusiveKey: "k"),
            ])
            _ = try await fleet.claim(5, lease: .zero)
            #expect(try await fleet.place(of: jobs[1]) == .blocked(by: jobs[0].id, attemptsUsed: 0))
            try await fleet.reaper().reap()
            #expect(try await fleet.claim(1).map(\.job.id) == [jobs[0].id])
        }
    }

    @Test func manyReapersRecoverEachClaimOnce() async throws {
        try await TestFleet.with { fleet async throws in
            try await fleet.put((0..<50).map { _ in .sample() })
            #expect(try await fleet.claim(50, lease: .zero).count == 50)
            let recovered = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 { group.addTask { try await fleet.reaper().reap() } }
                return try await group.reduce(0, +)
            }
            #expect(recovered == 50)
            #expect(try await fleet.claim(100).count == 50)
        }
    }

    @Test func oneUnreadableJobHoldsBackNoOther() async throws {
        try await TestFleet.with { fleet async throws in
            let bad = try await fleet.put([.sample(priority: 1)])[0]
            let good = try await fleet.put([.sample(priority: 2)])[0]
            // As a newer release would write it.
            var blob = JobEnvelope(job: bad, isReloaded: false).encoded()
            blob[8 + 8 + 1 + 5 + 1] = 99
            _ = try await fleet.redis.send(
                .init(
                    "HSET",
                    [
                        .string("{\(fleet.fleetName)}:q:noop:jobs"), .bytes(bad.id.bytes), .bytes(blob),
                    ]
                )
            )
            #expect(try await fleet.claim(5, lease: .zero).map(\.job.id) == [good.id])
            #expect(try await fleet.reaper().reap() == 1)
            #expect(try await fleet.claim(5).map(\.job.id) == [good.id])
        }
    }
}
