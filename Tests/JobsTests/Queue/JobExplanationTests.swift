import FoundationEssentials
import Store
import TestKit
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct JobExplanationTests {
    private func codes(_ fleet: TestFleet, _ job: JobRecord) async throws -> [String] {
        try #require(try await fleet.queue.explain(job.id)).reasons.map(\.code)
    }

    @Test func namesEachObstacle() async throws {
        try await TestFleet.with { fleet async throws in
            let first = try await fleet.put([.sample(cluster: UUID(), priority: 1, exclusiveKey: "k")])[0]
            let second = try await fleet.put([.sample(cluster: UUID(), priority: 2, exclusiveKey: "k")])[0]
            #expect(try await codes(fleet, first) == ["no_worker"])
            let found = try #require(try await fleet.queue.explain(second.id))
            #expect(found.ahead == 1 && found.reasons.map(\.code) == ["behind", "no_worker"])
            #expect(try await fleet.claim(2).count == 1)
            let blocked = try #require(try await fleet.queue.explain(second.id))
            #expect(blocked.keyHolder == first.id && blocked.reasons.first?.code == "blocked")
            #expect(try await codes(fleet, first).first == "running")
            let later = try await fleet.put([.sample(runAt: Date().addingTimeInterval(60))])[0]
            let delayed = try #require(try await fleet.queue.explain(later.id))
            #expect(delayed.reasons.first?.code == "delayed")
            #expect(abs(try #require(delayed.due).timeIntervalSince(later.runAt)) < 1)
            try await fleet.queue.pause("noop", by: "ann")
            #expect(try await codes(fleet, later).contains("paused"))
            let unknown = try await fleet.commit([.sample()])[0]
            #expect(try await codes(fleet, unknown).first == "not_indexed")
            #expect(try await fleet.queue.explain(UUID()) == nil)
        }
    }
}
