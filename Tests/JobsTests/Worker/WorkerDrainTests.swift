import FoundationEssentials
import Store
import Synchronization
import TestKit
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct WorkerDrainTests {
    @Test func finishesWhatRunsAndClaimsNothingNew() async throws {
        try await TestFleet.with { fleet async throws in
            let started = TestSignal()
            let mayEnd = TestSignal()
            let handler = ClosureHandler { _ in
                started.send()
                await mayEnd.wait()
                return JobReport()
            }
            let worker = fleet.worker(handler: handler) { $0.concurrency = 1 }
            let jobs = try await fleet.put([.sample(priority: 1), .sample(priority: 2)])
            try await fleet.running(worker) { stop in
                await started.wait()
                stop()
                try await eventually("draining is reported") { worker.isDraining }
                mayEnd.send()
            }
            #expect(try await fleet.outcome(of: jobs[0].id)?.status == .success)
            #expect(try await fleet.outcome(of: jobs[1].id) == nil)
            #expect(try await fleet.place(of: jobs[1]) == .ready(attemptsUsed: 0))
            #expect(try await fleet.index.workers().isEmpty)
        }
    }

    @Test func handsBackWhatOutlastsTheLimit() async throws {
        try await TestFleet.with { fleet async throws in
            let started = TestSignal()
            let handler = ClosureHandler { _ in
                started.send()
                try await Task.sleep(for: .seconds(600))
                return JobReport()
            }
            let job = try await fleet.put([.sample()])[0]
            let worker = fleet.worker(handler: handler) { $0.drainLimit = .milliseconds(100) }
            try await fleet.running(worker) { _ in await started.wait() }
            let entry = try #require(try await fleet.journal.entry(job.id))
            #expect(entry.attempts.map(\.status) == [.released])
            #expect(entry.attempts.map(\.failure?.code) == ["worker_drained"])
            #expect(entry.outcome == nil)
            #expect(try await fleet.place(of: job) == .ready(attemptsUsed: 0))
        }
    }

    @Test func doesNotDrainBecauseItWasIdle() async throws {
        try await TestFleet.with { fleet async throws in
            let handler = ClosureHandler { context in
                try await Task.sleep(for: context.job.priority == 1 ? .milliseconds(1) : .seconds(3))
                return JobReport()
            }
            let worker = fleet.worker(handler: handler) { $0.drainLimit = .seconds(1) }
            try await fleet.running(worker) { _ in
                // After the first job the worker has been idle at least once.
                let first = try await fleet.put([.sample(priority: 1)])[0]
                _ = try await fleet.finished(first)
                let second = try await fleet.put([.sample(priority: 2)])[0]
                #expect(try await fleet.finished(second).status == .success)
                #expect(try await fleet.journal.entry(second.id)?.attempts.map(\.status) == [.success])
            }
        }
    }

    @Test func handsBackUnspentWhatIsCancelled() async throws {
        try await TestFleet.with { fleet async throws in
            let started = TestSignal()
            let handler = ClosureHandler { _ in
                started.send()
                try await Task.sleep(for: .seconds(600))
                return JobReport()
            }
            let job = try await fleet.put([.sample()])[0]
            let worker = fleet.worker(handler: handler)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await worker.run() }
                await started.wait()
                group.cancelAll()
                try await group.waitForAll()
            }
            #expect(try await fleet.journal.entry(job.id)?.attempts.map(\.status) == [.released])
            #expect(try await fleet.place(of: job) == .ready(attemptsUsed: 0))
        }
    }
}
