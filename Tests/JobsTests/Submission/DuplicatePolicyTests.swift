import FoundationEssentials
import Store
import TestKit
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct DuplicatePolicyTests {
    private func submission(_ policy: JobAcceptance.DuplicatePolicy, priority: Int = 9) -> JobSubmission {
        var submission = JobSubmission(type: "noop", submittedBy: "test")
        submission.dedupeKey = "plan"
        submission.whenDuplicate = policy
        submission.priority = priority
        return submission
    }

    private func accepted(_ fleet: TestFleet, _ submission: JobSubmission) async throws -> JobRecord {
        guard case .accepted(let job) = try await fleet.queue.submit(submission) else {
            throw ProcessFailure(description: "an accepted job")
        }
        return job
    }

    @Test func theLatestTakesThePlaceOfOneThatWaits() async throws {
        try await TestFleet.with { fleet async throws in
            let first = try await accepted(fleet, submission(.latest))
            let second = try await accepted(fleet, submission(.latest))
            let outcome = try #require(try await fleet.outcome(of: first.id))
            #expect(outcome.status == .cancelled)
            #expect(outcome.failure?.code == "superseded")
            #expect(outcome.failure?.message.contains(second.id.text) == true)
            #expect(try await fleet.claim(10).map(\.job.id) == [second.id])
        }
    }

    @Test func theLatestWaitsForOneThatRuns() async throws {
        try await TestFleet.with { fleet async throws in
            let first = try await accepted(fleet, submission(.latest))
            let lease = try #require(try await fleet.claim().first)
            let second = try await accepted(fleet, submission(.latest))
            let third = try await accepted(fleet, submission(.latest))
            #expect(
                try await fleet.place(of: first)
                    == .running(worker: "w1", fence: lease.fence, attemptsUsed: 0)
            )
            #expect(try await fleet.index.cancelled(among: [lease]).isEmpty)
            #expect(try await fleet.outcome(of: second.id)?.failure?.code == "superseded")
            #expect(try await fleet.claim(10).map(\.job.id) == [third.id])
        }
    }

    @Test func mergedOnesAreOneJob() async throws {
        try await TestFleet.with { fleet async throws in
            let first = try await accepted(fleet, submission(.merge))
            #expect(try await fleet.queue.submit(submission(.merge)) == .existing(first.id))
            #expect(try await fleet.queue.submit(submission(.refuse)) == .duplicate(first.id))
            var keyed = submission(.merge)
            keyed.idempotency = .init(key: "k", requestHash: [1])
            for _ in 1...2 { #expect(try await fleet.queue.submit(keyed) == .existing(first.id)) }
            #expect(try await fleet.claim(10).count == 1)
        }
    }

    @Test func oneBatchKnowsItsOwn() async throws {
        try await TestFleet.with { fleet async throws in
            let verdicts = try await fleet.queue.submit(batch: [submission(.latest), submission(.latest)])
            #expect(verdicts.count == 2)
            try await Cancellations(journal: fleet.journal, index: fleet.index).apply()
            #expect(try await fleet.claim(10).count == 1)
        }
    }
}
