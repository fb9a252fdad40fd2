import FoundationEssentials
import Store
import Synchronization
import TestKit
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct WorkerRuntimeTests {
    @Test func runsAHandlerToSuccess() async throws {
        try await TestFleet.with { fleet async throws in
            let handler = ClosureHandler { context in
                JobReport(logs: ["did it"], metadata: .object(["attempt": .integer(Int64(context.attempt))]))
            }
            let worker = fleet.worker(handler: handler)
            try await fleet.running(worker) { _ in
                let job = try await fleet.put([.sample()])[0]
                let outcome = try await fleet.finished(job)
                #expect(outcome.status == .success)
                #expect(outcome.attempt == 1)
                #expect(outcome.workerID == worker.id)
                #expect(outcome.logs == "did it")
                #expect(try JSONValue(parsing: outcome.metadata ?? []) == .object(["attempt": .integer(1)]))
            }
            #expect(try await fleet.leftovers() == [])
        }
    }

    @Test func runsAPostponedJobAgain() async throws {
        try await TestFleet.with { fleet async throws in
            let runs = Mutex(0)
            let handler = ClosureHandler { context in
                let run = runs.withLock { runs in
                    runs += 1
                    return runs
                }
                #expect(context.attempt == 1)
                if run < 3 { throw JobPostponement(for: .milliseconds(1), "the third run") }
                return JobReport()
            }
            try await fleet.running(fleet.worker(handler: handler)) { _ in
                let job = try await fleet.put([.sample(maxAttempts: 1)])[0]
                let outcome = try await fleet.finished(job)
                #expect(outcome.status == .success && outcome.attempt == 1)
                let entry = try #require(try await fleet.queue.journal.entry(job.id))
                #expect(entry.attempts.map(\.status) == [.released, .released, .success])
                #expect(entry.attempts.first?.failure?.code == "postponed")
            }
            #expect(try await fleet.leftovers() == [])
        }
    }

    @Test func endsAJobAtItsDeadline() async throws {
        try await TestFleet.with { fleet async throws in
            let handler = ClosureHandler { _ in
                try await Task.sleep(for: .seconds(600))
                return JobReport()
            }
            try await fleet.running(fleet.worker(handler: handler)) { _ in
                let job = try await fleet.put([.sample(deadline: Date().addingTimeInterval(4))])[0]
                let outcome = try await fleet.finished(job)
                #expect(outcome.status == .timeout)
                #expect(outcome.failure?.code == "deadline_exceeded")
            }
            #expect(try await fleet.leftovers() == [])
        }
    }

    @Test func neverRunsAJobWhoseDeadlineHasPassed() async throws {
        try await TestFleet.with { fleet async throws in
            let runs = Mutex(0)
            let handler = ClosureHandler { _ in
                runs.withLock { $0 += 1 }
                return JobReport()
            }
            let job = try await fleet.put([.sample(deadline: Date().addingTimeInterval(-5))])[0]
            try await fleet.running(fleet.worker(handler: handler)) { _ in
                let outcome = try await fleet.finished(job)
                #expect(outcome.status == .timeout)
                #expect(outcome.failure?.code == "deadline_expired")
                #expect(outcome.attempt == 0)
            }
            let count = runs.withLock(\.self)
            #expect(count == 0)
            #expect(try await fleet.leftovers() == [])
        }
    }

    @Test func triesAgainWhatMaySucceedLater() async throws {
        try await TestFleet.with { fleet async throws in
            let handler = ClosureHandler { context in
                guard context.attempt > 1 else {
                    throw JobFailure(code: "not_yet", message: "not yet", isRetryable: true)
                }
                return JobReport()
            }
            try await fleet.running(fleet.worker(handler: handler)) { _ in
                let job = try await fleet.put([.sample()])[0]
                let outcome = try await fleet.finished(job)
                #expect(outcome.status == .success)
                #expect(outcome.attempt == 2)
                let entry = try #require(try await fleet.journal.entry(job.id))
                #expect(entry.attempts.map(\.status) == [.failed, .success])
                #expect(entry.attempts.map(\.failure?.code) == ["not_yet", nil])
            }
            #expect(try await fleet.leftovers() == [])
        }
    }

    @Test func setsAJobAsideThatUsedUpItsAttempts() async throws {
        try await TestFleet.with { fleet async throws in
            let handler = ClosureHandler { _ in
                throw JobFailure(code: "broken", message: "broken", isRetryable: true)
            }
            try await fleet.running(fleet.worker(handler: handler)) { _ in
                let job = try await fleet.put([.sample(maxAttempts: 3)])[0]
                let outcome = try await fleet.finished(job)
                #expect(outcome.status == .failed)
                #expect(outcome.isDead)
                #expect(try await fleet.journal.entry(job.id)?.attempts.map(\.attempt) == [1, 2, 3])
                #expect(try await fleet.journal.deadCounts() == ["noop": 1])
            }
            #expect(try await fleet.leftovers() == [])
        }
    }

    @Test func triesNothingAgainThatCannotSucceed() async throws {
        try await TestFleet.with { fleet async throws in
            let handler = ClosureHandler { _ in
                throw JobFailure(code: "wrong", message: "wrong", isRetryable: false)
            }
            try await fleet.running(fleet.worker(handler: handler)) { _ in
                let job = try await fleet.put([.sample()])[0]
                #expect(try await fleet.finished(job).attempt == 1)
                #expect(try await fleet.journal.entry(job.id)?.attempts.count == 1)
            }
        }
    }

    @Test func keepsTheOutcomeOfAHandlerThatLogsWhatPostgreSQLCannotHold() async throws {
        try await TestFleet.with { fleet async throws in
            let handler = ClosureHandler { _ in
                JobReport(logs: ["before\u{0}after"], metadata: .object(["note": .string("a\u{0}b")]))
            }
            try await fleet.running(fleet.worker(handler: handler)) { _ in
                let job = try await fleet.put([.sample()])[0]
                #expect(try await fleet.finished(job).status == .success)
            }
        }
    }

    @Test func interruptsAHandlerWhoseLeaseIsLost() async throws {
        try await TestFleet.with { fleet async throws in
            let started = TestSignal()
            let interrupted = TestSignal()
            let isFirst = Mutex(true)
            let handler = ClosureHandler { _ in
                started.send()
                guard
                    isFirst.withLock({ first in
                        defer { first = false }; return first
                    })
                else {
                    return JobReport()
                }
                do {
                    try await Task.sleep(for: .seconds(600))
                } catch {
                    interrupted.send()
                    throw error
                }
                return JobReport()
            }
            let worker = fleet.worker(handler: handler) { $0.heartbeat = .milliseconds(100) }
            try await fleet.running(worker) { _ in
                let job = try await fleet.put([.sample()])[0]
                await started.wait()
                // Somebody else decides that the claim is over.
                let lease = try #require(worker.running.leases.first)
                #expect(try await fleet.settle(lease, .release))
                await interrupted.wait()
                let outcome = try await fleet.finished(job)
                #expect(outcome.status == .success)
                #expect(outcome.fence > lease.fence)
                // The second run ends while the first is still being interrupted.
                try await eventually("a row of the lost run") {
                    let statuses = try await fleet.journal.entry(job.id)?.attempts.map(\.status) ?? []
                    return statuses.sorted { $0.rawValue < $1.rawValue } == [.lost, .success]
                }
            }
            #expect(try await fleet.leftovers() == [])
        }
    }

    @Test func startsAJobOnAnIdleWorkerAtOnce() async throws {
        try await TestFleet.with { fleet async throws in
            let starts = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
            let handler = ClosureHandler { _ in
                starts.continuation.yield(.now)
                return JobReport()
            }
            try await fleet.running(fleet.worker(handler: handler), fleet.worker(handler: handler)) { _ in
                var started = starts.stream.makeAsyncIterator()
                var waits: [Duration] = []
                for _ in 0..<15 {
                    let job = try await fleet.commit([.sample()])[0]
                    let submitted = ContinuousClock.now
                    try await fleet.index.enqueue([.init(job: job)])
                    waits.append(try #require(await started.next()) - submitted)
                    _ = try await fleet.finished(job)
                }
                let typical = waits.sorted()[waits.count / 2]
                #expect(typical < .milliseconds(100), "\(waits)")
                // A lost wake-up would cost up to 5 s.
                #expect(waits.allSatisfy { $0 < .seconds(2) }, "\(waits)")
            }
        }
    }

    @Test func startsUrgentWorkWhileLongWorkFillsTheOrdinarySlots() async throws {
        try await TestFleet.with { fleet async throws in
            let long = TestSignal()
            let urgent = TestSignal()
            let handler = ClosureHandler { context in
                guard context.job.priority > 1 else {
                    urgent.send()
                    return JobReport()
                }
                long.send()
                try await Task.sleep(for: .seconds(600))
                return JobReport()
            }
            let worker = fleet.worker(handler: handler) {
                $0.concurrency = 3
                $0.reserve = 1
                $0.drainLimit = .milliseconds(50)
            }
            try await fleet.running(worker) { _ in
                try await fleet.put((0..<5).map { _ in .sample() })
                await long.wait()
                await long.wait()
                let submitted = ContinuousClock.now
                try await fleet.put([.sample(priority: 1)])
                await urgent.wait()
                #expect(ContinuousClock.now - submitted < .seconds(1))
                #expect(try await fleet.index.stats(of: ["noop"])[0].running <= 3)
            }
        }
    }

    @Test func takesADelayedJobWhenItIsDueThoughTheWorkerThatKnewOfItIsBusy() async throws {
        try await TestFleet.with { fleet async throws in
            let starts = AsyncStream.makeStream(of: UUID.self)
            let handler = ClosureHandler { context in
                starts.continuation.yield(context.job.id)
                if context.job.priority == 1 { try await Task.sleep(for: .seconds(600)) }
                return JobReport()
            }
            let workers = (0..<2).map { _ in
                fleet.worker(handler: handler) {
                    $0.concurrency = 1
                    $0.drainLimit = .milliseconds(50)
                }
            }
            try await fleet.running(workers[0], workers[1]) { _ in
                var started = starts.stream.makeAsyncIterator()
                // Both are idle before the delayed job comes: one of them learns of it, and then gets busy.
                try await eventually("both workers listed") { try await fleet.index.workers().count == 2 }
                try await Task.sleep(for: .milliseconds(100))
                let due = Date().addingTimeInterval(3)
                let delayed = try await fleet.put([.sample(runAt: due)])[0]
                try await Task.sleep(for: .milliseconds(100))
                try await fleet.put([.sample(priority: 1)])
                while let id = await started.next(), id != delayed.id {}
                // Without a wake-up it would be up to 5 s.
                #expect(Date().timeIntervalSince(due) < 2)
            }
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func givesEachOfManyJobsOneOutcomeWithTwoWorkers() async throws {
        try await TestFleet.with { fleet async throws in
            let runs = Mutex<[UUID: Int]>([:])
            let handler = ClosureHandler { context in
                runs.withLock { $0[context.job.id, default: 0] += 1 }
                return JobReport()
            }
            let jobs = 500
            try await fleet.running(
                fleet.worker(handler: handler) { $0.concurrency = 16 },
                fleet.worker(handler: handler) { $0.concurrency = 16 }
            ) { _ in
                let clusters = (0..<5).map { _ in UUID() }
                for start in stride(from: 0, to: jobs, by: 100) {
                    try await fleet.put(
                        (start..<start + 100).map {
                            .sample(cluster: clusters[$0 % 5], priority: 1 + $0 % 10)
                        }
                    )
                }
                try await eventually(within: .seconds(60), "all jobs finished") {
                    try await fleet.journal.entries(.init(outcome: .success), before: nil, limit: 1000).count
                        == jobs
                }
            }
            let counts = runs.withLock { Array($0.values) }
            #expect(counts.count == jobs)
            #expect(counts.allSatisfy { $0 == 1 })
            #expect(try await fleet.leftovers() == [])
            let stats = try await fleet.index.stats(of: ["noop"])[0]
            #expect([stats.ready, stats.delayed, stats.blocked, stats.running] == [0, 0, 0, 0])
        }
    }
}
