import FoundationEssentials
import Store
import TestKit
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct SettlementTests {
    @Test func aFinishedJobLeavesNothing() async throws {
        try await TestFleet.with { fleet async throws in
            let job = try await fleet.put([.sample(cluster: UUID(), exclusiveKey: "k")])[0]
            let lease = try #require(try await fleet.claim().first)
            #expect(
                try await fleet.place(of: job) == .running(worker: "w1", fence: lease.fence, attemptsUsed: 0)
            )
            #expect(try await fleet.settle(lease, .done))
            #expect(try await fleet.place(of: job) == .absent)
            #expect(try await fleet.leftovers() == [])
        }
    }

    @Test func aRetryCountsAnAttemptAndKeepsThePlace() async throws {
        try await TestFleet.with { fleet async throws in
            let job = try await fleet.put([.sample(priority: 1)])[0]
            try await fleet.put([.sample(priority: 2)])
            let lease = try #require(try await fleet.claim().first)
            #expect(try await fleet.settle(lease, .retry(after: .milliseconds(1))))
            try await eventually("the retry to be due") {
                guard let again = try await fleet.claim().first else { return false }
                guard again.job.id == job.id else {
                    _ = try await fleet.settle(again, .release)
                    return false
                }
                #expect(again.attemptsUsed == 1)
                #expect(again.fence > lease.fence)
                return true
            }
        }
    }

    @Test func aPostponementUsesUpNothingAndIsWaitedFor() async throws {
        try await TestFleet.with { fleet async throws in
            let job = try await fleet.put([.sample(exclusiveKey: "k")])[0]
            let lease = try #require(try await fleet.claim().first)
            #expect(try await fleet.settle(lease, .postpone(for: .seconds(600))))
            guard case .delayed(_, attemptsUsed: 0) = try await fleet.place(of: job) else {
                Issue.record("\(try await fleet.place(of: job))")
                return
            }
            #expect(try await fleet.claim().isEmpty)
            // Who waits for the key gets it meanwhile.
            try await fleet.put([.sample(exclusiveKey: "k")])
            #expect(try await fleet.claim().count == 1)
        }
    }

    @Test func aReleaseUsesUpNothing() async throws {
        try await TestFleet.with { fleet async throws in
            let job = try await fleet.put([.sample()])[0]
            let lease = try #require(try await fleet.claim().first)
            #expect(try await fleet.settle(lease, .release))
            #expect(try await fleet.place(of: job) == .ready(attemptsUsed: 0))
            let again = try #require(try await fleet.claim().first)
            #expect(again.attemptsUsed == 0 && !again.mayHaveRun)
        }
    }

    @Test func anOldTokenSettlesNothing() async throws {
        try await TestFleet.with { fleet async throws in
            let job = try await fleet.put([.sample()])[0]
            let old = try #require(try await fleet.claim().first)
            #expect(try await fleet.settle(old, .release))
            let new = try #require(try await fleet.claim(worker: "w2").first)
            for how in [
                LiveIndex.Settlement.done, .release, .recover, .retry(after: .zero), .postpone(for: .zero),
            ] {
                #expect(try await !fleet.settle(old, how))
            }
            #expect(try await fleet.index.extend([old, new], by: .seconds(60)) == [false, true])
            #expect(
                try await fleet.place(of: job) == .running(worker: "w2", fence: new.fence, attemptsUsed: 0)
            )
            #expect(try await fleet.settle(new, .done))
            #expect(try await !fleet.settle(new, .done))
            #expect(try await fleet.leftovers() == [])
        }
    }

    @Test func anExtendedLeaseIsNotRecovered() async throws {
        try await TestFleet.with { fleet async throws in
            try await fleet.put([.sample()])
            let lease = try #require(try await fleet.claim(lease: .zero).first)
            #expect(
                try await fleet.index.expiredClaims(queues: ["noop"], limit: 10).map(\.fence) == [lease.fence]
            )
            #expect(try await fleet.index.extend([lease], by: .seconds(60)) == [true])
            #expect(try await fleet.index.expiredClaims(queues: ["noop"], limit: 10).isEmpty)
            #expect(try await !fleet.settle(lease, .recover))
            #expect(try await fleet.settle(lease, .done))
        }
    }
}
