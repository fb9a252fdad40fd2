import Store
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1)))
struct LeadershipStoreTests {
    @Test func oneOfManyBeginsATerm() async throws {
        try await TestFleet.with { fleet async throws in
            let store = LeadershipStore(pool: fleet.pool)
            let terms = try await withThrowingTaskGroup(of: Int64?.self) { group in
                for number in 0..<8 {
                    group.addTask { try await store.acquire("r", holder: "h\(number)", for: .seconds(30)) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(terms.compactMap(\.self) == [1])
            #expect(try await store.acquire("other", holder: "h", for: .seconds(30)) == 1)
        }
    }

    @Test func termsGrowWhoeverHoldsThem() async throws {
        try await TestFleet.with { fleet async throws in
            let store = LeadershipStore(pool: fleet.pool)
            #expect(try await store.acquire("r", holder: "a", for: .seconds(30)) == 1)
            #expect(try await store.acquire("r", holder: "b", for: .seconds(30)) == nil)
            #expect(try await store.renew("r", holder: "a", term: 1, for: .seconds(60)))
            #expect(try await !store.renew("r", holder: "b", term: 1, for: .seconds(60)))
            // Not another's term.
            try await store.resign("r", holder: "b", term: 1)
            #expect(try await store.leader("r")?.holder == "a")
            try await store.resign("r", holder: "a", term: 1)
            #expect(try await store.leader("r") == nil)
            #expect(try await store.acquire("r", holder: "b", for: .milliseconds(1)) == 2)
            try await eventually("the end of the term") { try await store.leader("r") == nil }
            // Nobody took it meanwhile: it is still ours.
            #expect(try await store.renew("r", holder: "b", term: 2, for: .milliseconds(1)))
            try await eventually("the end of the term") { try await store.leader("r") == nil }
            #expect(try await store.acquire("r", holder: "a", for: .seconds(30)) == 3)
            #expect(try await !store.renew("r", holder: "b", term: 2, for: .seconds(30)))
            #expect(try await store.leader("r")?.term == 3)
        }
    }
}
