import FoundationEssentials
import Postgres
import Store
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1)))
struct JournalRecordTests {
    /// A journal with one accepted job, and a token of its epoch.
    private func journal(in fleet: TestFleet) async throws -> (JobJournal, job: UUID, fence: Int64) {
        let journal = JobJournal(pool: fleet.pool)
        let acceptance = JobAcceptance.sample()
        _ = try await journal.accept([acceptance])
        return (journal, acceptance.record.id, try await journal.epoch() + 1)
    }

    @Test func keepsAnOutcome() async throws {
        try await TestFleet.with { fleet async throws in
            let (journal, job, fence) = try await journal(in: fleet)
            var attempt = AttemptRecord.sample(of: job, fence: fence, .failed)
            attempt.failure = .init(code: "broken", message: "it broke", isRetryable: true)
            attempt.isDead = true
            attempt.logs = "line\nline"
            attempt.metadata = Array(#"{"a": 1}"#.utf8)
            #expect(try await journal.record([attempt]) == [.recorded])
            let entry = try #require(try await journal.entry(job))
            #expect(entry.attempts == [attempt])
            #expect(entry.outcome == attempt)
            #expect(try await journal.finished(among: [job, UUID()]) == [job])
            #expect(try await journal.deadCounts() == ["noop": 1])
        }
    }

    @Test func recognisesTheSameWriteSentAgain() async throws {
        try await TestFleet.with { fleet async throws in
            let (journal, job, fence) = try await journal(in: fleet)
            let attempt = AttemptRecord.sample(of: job, fence: fence)
            #expect(try await journal.record([attempt]) == [.recorded])
            #expect(try await journal.record([attempt]) == [.recorded])
            #expect(try await journal.entry(job)?.attempts.count == 1)
        }
    }

    @Test func refusesASecondOutcome() async throws {
        try await TestFleet.with { fleet async throws in
            let (journal, job, fence) = try await journal(in: fleet)
            _ = try await journal.record([.sample(of: job, fence: fence)])
            #expect(
                try await journal.record([.sample(of: job, fence: fence + 1, .failed)]) == [.alreadyFinished]
            )
            #expect(try await journal.entry(job)?.attempts.map(\.status) == [.success])
        }
    }

    @Test func refusesTheLateResultOfALostClaim() async throws {
        try await TestFleet.with { fleet async throws in
            let (journal, job, fence) = try await journal(in: fleet)
            _ = try await journal.record([.sample(of: job, fence: fence, .lost, isTerminal: false)])
            #expect(
                try await journal.record([.sample(of: job, fence: fence)])
                    == [.claimSettled(.lost, isTerminal: false)]
            )
            #expect(try await journal.record([.sample(of: job, fence: fence + 1)]) == [.recorded])
        }
    }

    @Test func refusesAClaimOfAnEpochThatIsOver() async throws {
        try await TestFleet.with { fleet async throws in
            let (journal, job, fence) = try await journal(in: fleet)
            let next = try await journal.beginEpoch {
                nil
            } _: { _ in
            }
            #expect(next > fence)
            #expect(try await journal.record([.sample(of: job, fence: fence)]) == [.outdated])
            #expect(try await journal.record([.sample(of: job, fence: next)]) == [.recorded])
        }
    }

    @Test func judgesABatchOneByOne() async throws {
        try await TestFleet.with { fleet async throws in
            let (journal, first, fence) = try await journal(in: fleet)
            let second = JobAcceptance.sample()
            _ = try await journal.accept([second])
            _ = try await journal.record([.sample(of: first, fence: fence)])
            let verdicts = try await journal.record([
                .sample(of: first, fence: fence + 1), .sample(of: second.record.id, fence: fence + 2),
                .sample(of: second.record.id, fence: 1, .lost, isTerminal: false),
            ])
            #expect(verdicts == [.alreadyFinished, .recorded, .alreadyFinished])
        }
    }

    @Test func oneOutcomeThoughManyRecordAtOnce() async throws {
        try await TestFleet.with { fleet async throws in
            let (journal, job, fence) = try await journal(in: fleet)
            let verdicts = try await withThrowingTaskGroup(of: AttemptVerdict.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        try await journal.record([.sample(of: job, fence: fence + Int64(number))])[0]
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(verdicts.count { $0 == .recorded } == 1)
            #expect(verdicts.count { $0 == .alreadyFinished } == 7)
        }
    }

    @Test func cutsLogsToTheirLimitInBytes() {
        var attempt = AttemptRecord.sample(of: UUID(), fence: 1)
        attempt = AttemptRecord(
            jobID: attempt.jobID,
            fence: 1,
            attempt: 1,
            queue: "noop",
            workerID: nil,
            startedAt: Date(),
            duration: .zero,
            status: .success,
            isTerminal: true,
            logs: String(repeating: "é", count: 20_000)
        )
        #expect(attempt.logs.utf8.count == 16_384)
        #expect(attempt.logs.allSatisfy { $0 == "é" })
    }

    @Test func anEpochBeginsOnceForAllWhoAsk() async throws {
        try await TestFleet.with { fleet async throws in
            let journal = JobJournal(pool: fleet.pool)
            let before = try await journal.epoch()
            let held = RedisStandIn()
            let epochs = try await withThrowingTaskGroup(of: Int64.self) { group in
                for _ in 0..<5 {
                    group.addTask {
                        try await journal.beginEpoch {
                            await held.epoch
                        } _: { next in
                            await held.set(next)
                        }
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(epochs.count == 1)
            #expect(epochs.allSatisfy { $0 > before })
            #expect(await held.installs == 1)
        }
    }

    private actor RedisStandIn {
        var epoch: Int64?
        var installs = 0

        func set(_ next: Int64) {
            epoch = next
            installs += 1
        }
    }
}
