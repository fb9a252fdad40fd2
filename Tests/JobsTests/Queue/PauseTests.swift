import Store
import TestKit
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct PauseTests {
    @Test func aPausedQueueGivesNothing() async throws {
        try await TestFleet.with { fleet async throws in
            try await fleet.put([.sample()])
            try await fleet.queue.pause("noop", by: "ann")
            #expect(try await fleet.claim().isEmpty)
            #expect(try await fleet.index.stats(of: ["noop"]).first?.isPaused == true)
            try await fleet.queue.resume("noop")
            #expect(try await fleet.claim().count == 1)
        }
    }

    @Test func aPauseOutlivesRedis() async throws {
        try await TestFleet.with { fleet async throws in
            try await fleet.put([.sample()])
            try await fleet.queue.pause("noop", by: "ann")
            try await fleet.wipeRedis()
            #expect(try await fleet.claim().isEmpty)
            _ = try await Dispatcher(queue: fleet.queue, logger: fleet.logger).reload()
            #expect(try await fleet.claim().isEmpty)
            #expect(try await fleet.index.stats(of: ["noop"]).first?.isPaused == true)
            try await fleet.queue.resume("noop")
            #expect(try await fleet.claim().count == 1)
        }
    }

    @Test func aWorkerThatSleepsWakesOnResume() async throws {
        try await TestFleet.with { fleet async throws in
            try await fleet.queue.pause("noop", by: "ann")
            let job = try await fleet.put([.sample()])[0]
            try await fleet.running(fleet.worker(handler: ClosureHandler { _ in JobReport() })) { _ in
                try await fleet.queue.resume("noop")
                #expect(try await fleet.finished(job).status == .success)
            }
        }
    }
}
