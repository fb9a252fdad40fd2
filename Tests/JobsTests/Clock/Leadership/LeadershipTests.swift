import FoundationEssentials
import Postgres
import Store
import Synchronization
import TestKit
import Testing

@testable import Jobs

@Suite("Leadership", .timeLimit(.minutes(1))) struct LeadershipTests {
    /// Who leads now, as the leaders themselves see it.
    private final class Leaders: Sendable {
        private let state = Mutex<(now: [String], history: [String])>(([], []))

        var now: [String] { state.withLock { $0.now } }
        var history: [String] { state.withLock { $0.history } }

        func lead(_ name: String) async {
            state.withLock {
                $0.now.append(name)
                $0.history.append(name)
            }
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(60)) }
            state.withLock { $0.now.removeAll { $0 == name } }
        }
    }

    private func candidate(_ name: String, _ fleet: TestFleet, _ leaders: Leaders) -> Task<Void, Never> {
        let leadership = Leadership(
            store: LeadershipStore(pool: fleet.pool),
            name: "test",
            holder: name,
            logger: fleet.logger
        )
        return Task { await leadership.run { await leaders.lead(name) } }
    }

    @Test func handsOverAtOnceWhenItIsStopped() async throws {
        try await TestFleet.with { fleet in
            let leaders = Leaders()
            let first = candidate("first", fleet, leaders)
            try await eventually("a leader") { leaders.now == ["first"] }
            let second = candidate("second", fleet, leaders)
            // Longer than a term: it was renewed.
            try await Task.sleep(for: .seconds(4))
            #expect(leaders.history == ["first"])
            let begin = ContinuousClock.now
            first.cancel()
            await first.value
            try await eventually("the next leader") { leaders.now == ["second"] }
            #expect(ContinuousClock.now - begin < .seconds(2))
            second.cancel()
            await second.value
            #expect(leaders.now == [])
            #expect(try await LeadershipStore(pool: fleet.pool).leader("test") == nil)
        }
    }

    @Test func stopsToLeadWhenItsTermIsGone() async throws {
        try await TestFleet.with { fleet in
            let leaders = Leaders()
            let task = candidate("first", fleet, leaders)
            try await eventually("a leader") { leaders.now == ["first"] }
            // What a process finds that was stopped for longer than its term.
            _ = try await fleet.pool.execute(
                "UPDATE leadership SET holder = 'other', term = term + 1, expires_at = now() + interval '1 second'"
            )
            try await eventually("the end of the term") { leaders.now == [] }
            try await eventually("a new term") { leaders.now == ["first"] }
            #expect(try await LeadershipStore(pool: fleet.pool).leader("test")?.term == 3)
            task.cancel()
            await task.value
        }
    }
}
