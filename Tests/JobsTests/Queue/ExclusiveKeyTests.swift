import FoundationEssentials
import Store
import TestKit
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct ExclusiveKeyTests {
    @Test(arguments: [true, false])
    func holdsOneRunningJobAndThenFreesTheNext(isSameGroup: Bool) async throws {
        try await TestFleet.with { fleet async throws in
            let cluster = UUID()
            let jobs = try await fleet.put(
                (1...3).map {
                    .sample(cluster: isSameGroup ? cluster : UUID(), priority: $0, exclusiveKey: "k")
                } + [.sample(cluster: UUID(), priority: 9)]
            )
            let first = try await fleet.claim(10)
            #expect(first.map(\.job.priority) == [1, 9])
            #expect(try await fleet.place(of: jobs[1]) == .blocked(by: jobs[0].id, attemptsUsed: 0))
            #expect(try await fleet.index.stats(of: ["noop"])[0].blocked == 2)
            #expect(try await fleet.settle(first[0], .done))
            let second = try await fleet.claim(10)
            #expect(second.map(\.job.priority) == [2])
            #expect(try await fleet.settle(second[0], .done))
            let third = try await fleet.claim(10)
            #expect(third.map(\.job.priority) == [3])
            #expect(try await fleet.settle(third[0], .done))
            #expect(try await fleet.settle(first[1], .done))
            #expect(try await fleet.leftovers() == [])
            #expect(try await fleet.index.stats(of: ["noop"])[0].blocked == 0)
        }
    }

    @Test func isFreedByWhateverEndsAClaim() async throws {
        for how in [
            LiveIndex.Settlement.retry(after: .seconds(60)), .postpone(for: .seconds(60)), .release, .recover,
        ] {
            try await TestFleet.with { fleet async throws in
                try await fleet.put([
                    .sample(priority: 2, exclusiveKey: "k"), .sample(priority: 3, exclusiveKey: "k"),
                ])
                let first = try #require(try await fleet.claim(5, lease: .zero).first)
                #expect(try await fleet.settle(first, how))
                let next = try await fleet.claim(5)
                #expect(next.count == 1)
                // What was handed back keeps its place; what is delayed lets the other one go first.
                switch how {
                case .retry, .postpone: #expect(next[0].job.priority == 3)
                case .done, .release, .recover: #expect(next[0].job.priority == 2)
                }
            }
        }
    }

    /// Who was freed may never take the key: he is taken back before he runs, or too late.
    @Test(arguments: [false, true]) func isNotLostWithTheOneThatWasFreed(isCancelled: Bool) async throws {
        try await TestFleet.with { fleet async throws in
            let late = Date().addingTimeInterval(isCancelled ? 3600 : 2)
            let jobs = try await fleet.put([
                .sample(priority: 1, exclusiveKey: "k"),
                .sample(priority: 2, deadline: late, exclusiveKey: "k"),
                .sample(priority: 3, exclusiveKey: "k"),
            ])
            let first = try #require(try await fleet.claim(5).first)
            #expect(first.job.id == jobs[0].id)
            #expect(try await fleet.settle(first, .done))
            if isCancelled {
                let wish = CancellationRecord(
                    jobID: jobs[1].id,
                    queue: "noop",
                    isSuperseded: false,
                    requestedBy: "test",
                    holdsDedupeKey: false
                )
                let taking = try await fleet.index.takeBack([wish], as: "c", lease: .seconds(60))[0]
                guard case .taken(let fence, _) = taking else {
                    Issue.record("\(taking)")
                    return
                }
                let claim = (queue: "noop", job: jobs[1].id, fence: fence, how: LiveIndex.Settlement.done)
                #expect(try await fleet.index.settle([claim]) == [true])
            } else {
                try await eventually("the deadline") { Date() > late }
                let expired = try #require(try await fleet.claim(5).first)
                #expect(expired.isExpired && expired.job.id == jobs[1].id)
                #expect(try await fleet.settle(expired, .done))
            }
            #expect(try await fleet.claim(5).map(\.job.id) == [jobs[2].id])
        }
    }

    @Test func anExpiredJobTakesNoKeyAndFreesNone() async throws {
        try await TestFleet.with { fleet async throws in
            try await fleet.put([.sample(priority: 5, exclusiveKey: "k")])
            let holder = try #require(try await fleet.claim(5).first)
            try await fleet.put([
                .sample(priority: 1, deadline: Date().addingTimeInterval(-1), exclusiveKey: "k"),
                .sample(priority: 2, exclusiveKey: "k"),
            ])
            let expired = try await fleet.claim(5)
            #expect(expired.map(\.isExpired) == [true])
            #expect(try await fleet.settle(expired[0], .done))
            #expect(try await fleet.claim(5).isEmpty)
            #expect(try await fleet.settle(holder, .done))
            let last = try await fleet.claim(5)
            #expect(last.map(\.job.priority) == [2])
            #expect(try await fleet.settle(last[0], .done))
            #expect(try await fleet.leftovers() == [])
        }
    }
}
