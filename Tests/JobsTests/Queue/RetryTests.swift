import FoundationEssentials
import Store
import TestKit
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct RetryTests {
    @Test func aDeadJobRunsAgainUnderItsId() async throws {
        try await TestFleet.with { fleet async throws in
            let handler = ClosureHandler { context in
                guard context.attempt > 1 else {
                    throw JobFailure(code: "broken", message: "no", isRetryable: false)
                }
                return JobReport()
            }
            try await fleet.running(fleet.worker(handler: handler)) { _ in
                let job = try await fleet.put([.sample(maxAttempts: 1)])[0]
                #expect(try await fleet.finished(job).isDead)
                #expect(
                    try await fleet.journal.deadJobs(of: "noop", before: nil, limit: 9).map(\.job.id) == [
                        job.id
                    ]
                )
                let view = try await fleet.queue.retry(job.id)
                #expect(!view.state.isTerminal || view.state == .success)
                let outcome = try await fleet.finished(job)
                #expect(outcome.status == .success)
                let entry = try #require(try await fleet.journal.entry(job.id))
                #expect(entry.attempts.map(\.status) == [.failed, .success])
                #expect(entry.attempts.map(\.attempt) == [1, 2])
                #expect(try await fleet.journal.deadCounts().isEmpty)
                await #expect(throws: JobControlError.wrongState(.success)) {
                    try await fleet.queue.retry(job.id)
                }
            }
        }
    }

    @Test func aCancelledOrLateJobGetsTimeAnew() async throws {
        try await TestFleet.with { fleet async throws in
            let job = try await fleet.put([.sample(deadline: Date().addingTimeInterval(60))])[0]
            _ = try await fleet.queue.cancel(job.id, by: "ann")
            #expect(try await fleet.queue.retry(job.id).state == .ready)
            let lease = try #require(try await fleet.claim().first)
            #expect(!lease.isCancelled && lease.mayHaveRun && lease.attemptsUsed == 0)
            #expect(try #require(lease.job.deadline) > Date().addingTimeInterval(3000))
        }
    }

    @Test func whatRedisMissedIsBroughtByTheDispatcher() async throws {
        try await TestFleet.with { fleet async throws in
            let job = try await fleet.put([.sample()])[0]
            _ = try await fleet.queue.cancel(job.id, by: "ann")
            let verdict = try await fleet.journal.reopen(job.id, attempts: 1, deadlineAfter: .seconds(60))
            guard case .reopened = verdict else { throw ProcessFailure(description: "a reopened job") }
            let recent = try await fleet.journal.openJobs(
                submittedSince: try await fleet.journal.now().addingTimeInterval(-1),
                settledFor: .zero
            )
            #expect(recent.map(\.id) == [job.id])
        }
    }

    @Test func aTakenDedupeKeyForbidsIt() async throws {
        try await TestFleet.with { fleet async throws in
            var submission = JobSubmission(type: "noop", submittedBy: "test")
            submission.dedupeKey = "one"
            guard case .accepted(let first) = try await fleet.queue.submit(submission) else { return }
            _ = try await fleet.queue.cancel(first.id, by: "ann")
            guard case .accepted(let second) = try await fleet.queue.submit(submission) else { return }
            await #expect(throws: JobControlError.duplicate(second.id)) {
                try await fleet.queue.retry(first.id)
            }
            #expect(try await fleet.outcome(of: first.id)?.status == .cancelled)
        }
    }

    @Test func discardedJobsStayFailed() async throws {
        try await TestFleet.with { fleet async throws in
            let handler = ClosureHandler { _ in throw JobFailure(code: "x", message: "x", isRetryable: false)
            }
            try await fleet.running(fleet.worker(handler: handler)) { _ in
                let jobs = try await fleet.put([.sample(), .sample(), .sample()])
                for job in jobs { #expect(try await fleet.finished(job).isDead) }
                #expect(try await fleet.journal.discardDead(of: "noop", limit: 2) == 2)
                #expect(try await fleet.journal.deadCounts() == ["noop": 1])
                #expect(try await fleet.queue.retryDead(of: "noop", limit: 10) == 1)
                for job in jobs { #expect(try await fleet.finished(job).status == .failed) }
            }
        }
    }
}
