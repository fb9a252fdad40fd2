import FoundationEssentials
import Store
import Synchronization
import TestKit
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct CancellationTests {
    private static let states = ["ready", "delayed", "blocked", "retrying"]

    @Test(arguments: states)
    func takesBackAJobThatWaits(_ state: String) async throws {
        try await TestFleet.with { fleet async throws in
            let job = try await Self.job(in: state, of: fleet)
            let view = try await fleet.queue.cancel(job.id, by: "ann")
            #expect(view.state == .cancelled)
            #expect(view.entry.outcome?.failure?.code == "cancelled")
            #expect(view.entry.outcome?.failure?.message.contains("ann") == true)
            #expect(try await fleet.place(of: job) == .absent)
            #expect(try await fleet.claim(10).isEmpty)
            await #expect(throws: JobControlError.wrongState(.cancelled)) {
                try await fleet.queue.cancel(job.id, by: "ann")
            }
        }
    }

    /// Makes a job that waits in one of several ways.
    private static func job(in state: String, of fleet: TestFleet) async throws -> JobRecord {
        switch state {
        case "delayed":
            return try await fleet.put([.sample(runAt: Date().addingTimeInterval(600))])[0]
        case "blocked":
            try await fleet.put([.sample(priority: 1, exclusiveKey: "k")])
            #expect(try await fleet.claim().count == 1)
            let job = try await fleet.put([.sample(exclusiveKey: "k")])[0]
            #expect(try await fleet.claim().isEmpty)
            guard case .blocked = try await fleet.place(of: job) else {
                throw ProcessFailure(description: "not blocked")
            }
            return job
        case "retrying":
            let job = try await fleet.put([.sample()])[0]
            let lease = try #require(try await fleet.claim().first)
            #expect(try await fleet.settle(lease, .retry(after: .seconds(600))))
            return job
        default: return try await fleet.put([.sample()])[0]
        }
    }

    @Test func interruptsAJobThatRuns() async throws {
        try await TestFleet.with { fleet async throws in
            let started = TestSignal()
            let handler = ClosureHandler { _ in
                started.send()
                try await Task.sleep(for: .seconds(600))
                return JobReport()
            }
            try await fleet.running(fleet.worker(handler: handler)) { _ in
                let job = try await fleet.put([.sample()])[0]
                await started.wait()
                let clock = ContinuousClock()
                let asked = clock.now
                #expect(try await fleet.queue.cancel(job.id, by: "ann").state == .running)
                let outcome = try await fleet.finished(job)
                #expect(outcome.status == .cancelled)
                #expect(outcome.isTerminal)
                #expect(clock.now - asked < .seconds(3))
            }
            #expect(try await fleet.leftovers() == [])
        }
    }

    @Test func aCancelledJobIsNotTriedAgain() async throws {
        try await TestFleet.with { fleet async throws in
            let runs = Mutex(0)
            let handler = ClosureHandler { context in
                runs.withLock { $0 += 1 }
                // Taken back while its worker lost its lease: another worker must not start it.
                throw JobFailure(code: "no", message: "no", isRetryable: true)
            }
            let job = try await fleet.put([.sample()])[0]
            let lost = try #require(try await fleet.claim(lease: .zero).first)
            #expect(try await fleet.queue.cancel(job.id, by: "ann").state == .running)
            #expect(try await fleet.reaper().reap() == 1)
            try await fleet.running(fleet.worker(handler: handler)) { _ in
                let outcome = try await fleet.finished(job)
                #expect(outcome.status == .cancelled)
                #expect(outcome.fence > lost.fence)
            }
            let count = runs.withLock(\.self)
            #expect(count == 0)
            #expect(try await fleet.leftovers() == [])
        }
    }

    @Test func aWishOutlivesRedis() async throws {
        try await TestFleet.with { fleet async throws in
            let job = try await fleet.put([.sample()])[0]
            #expect(try await fleet.claim().count == 1)
            #expect(try await fleet.queue.cancel(job.id, by: "ann").state == .running)
            try await fleet.wipeRedis()
            let dispatcher = Dispatcher(queue: fleet.queue, logger: fleet.logger)
            #expect(try await dispatcher.reload() == 1)
            let lease = try #require(try await fleet.claim().first)
            #expect(lease.isCancelled)
            #expect(try await fleet.settle(lease, .release))
            #expect(try await Cancellations(journal: fleet.journal, index: fleet.index).apply() == 1)
            #expect(try await fleet.outcome(of: job.id)?.status == .cancelled)
            try await fleet.journal.forgetSettledCancellations()
            #expect(try await fleet.journal.cancellations(limit: 10).isEmpty)
            #expect(try await fleet.leftovers() == [])
        }
    }

    @Test func takesBackAJobThatRedisDoesNotHold() async throws {
        try await TestFleet.with { fleet async throws in
            let job = try await fleet.commit([.sample()])[0]
            #expect(try await fleet.queue.cancel(job.id, by: "ann").state == .cancelled)
            #expect(try await fleet.leftovers() == [])
        }
    }

    @Test func aDeadCancellerIsMadeUpFor() async throws {
        try await TestFleet.with { fleet async throws in
            let job = try await fleet.put([.sample()])[0]
            #expect(try await fleet.journal.requestCancellation(of: job.id, by: "ann"))
            let wishes = try await fleet.journal.cancellations(limit: 10)
            // It claimed the job, and died before the outcome was recorded.
            _ = try await fleet.index.takeBack(wishes, as: "canceller", lease: .zero)
            #expect(try await fleet.reaper().reap() == 1)
            #expect(try #require(try await fleet.claim().first).isCancelled)
        }
    }
}
