import FoundationEssentials
import Postgres
import Store
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ScheduleStoreTests {
    private let definition = ScheduleDefinition(
        name: "nightly",
        jobType: "noop",
        cron: "0 2 * * *",
        timeZone: "Europe/Berlin",
        missed: .all,
        maximumCatchUp: 7,
        jitter: .seconds(1.5),
        parameters: Array(#"{"sleep_ms": 5}"#.utf8),
        isPerCluster: true
    )

    @Test func keepsWhatAnOperatorAdds() async throws {
        try await TestFleet.with { fleet async throws in
            let store = ScheduleStore(pool: fleet.pool)
            try await store.add(definition)
            let kept = try #require(try await store.find("nightly"))
            #expect(kept.definition == definition)
            #expect(!kept.isPaused && kept.lastTick == nil && kept.ticksAfter != nil)
            #expect(try await store.list() == [kept])
            await #expect(throws: ScheduleStoreError.nameTaken) { try await store.add(definition) }
            #expect(try await store.remove("nightly"))
            #expect(try await !store.remove("nightly"))
        }
    }

    @Test func takesOverWhatTheProgramChanges() async throws {
        try await TestFleet.with { fleet async throws in
            let store = ScheduleStore(pool: fleet.pool)
            var builtIn = ScheduleDefinition(
                name: "built-in",
                jobType: "noop",
                everySeconds: 30,
                isBuiltIn: true
            )
            try await store.declare(builtIn)
            let tick = Date(timeIntervalSince1970: 1_800_000_000)
            try await store.ticked("built-in", at: tick)
            try await store.ticked("built-in", at: tick.addingTimeInterval(-30))
            _ = try await store.pause("built-in", true)
            builtIn.everySeconds = 60
            try await store.declare(builtIn)
            let kept = try #require(try await store.find("built-in"))
            #expect(kept.definition == builtIn)
            #expect(kept.isPaused && kept.lastTick == tick && kept.ticksAfter == nil)
            await #expect(throws: ScheduleStoreError.builtIn) { try await store.remove("built-in") }
        }
    }

    @Test func whatPassesDuringAPauseIsNotMissed() async throws {
        try await TestFleet.with { fleet async throws in
            let store = ScheduleStore(pool: fleet.pool)
            try await store.declare(ScheduleDefinition(name: "x", jobType: "noop", everySeconds: 30))
            #expect(try await store.pause("x", false)?.ticksAfter == nil)
            #expect(try await store.pause("x", true)?.ticksAfter == nil)
            let before = try await store.board().now
            #expect(try #require(try await store.pause("x", false)?.ticksAfter) >= before)
            #expect(try await store.pause("none", true) == nil)
        }
    }

    @Test func saysTheTimeWithoutSchedules() async throws {
        try await TestFleet.with { fleet async throws in
            let board = try await ScheduleStore(pool: fleet.pool).board()
            #expect(board.schedules.isEmpty)
            #expect(abs(board.now.timeIntervalSinceNow) < 60)
        }
    }

    @Test func refusesTooMany() async throws {
        try await TestFleet.with { fleet async throws in
            _ = try await fleet.pool.execute(
                """
                INSERT INTO schedules (name, job_type, every_seconds)
                SELECT 's-' || n, 'noop', 60 FROM generate_series(1, \(ScheduleStore.limit)::int) AS n
                """
            )
            let store = ScheduleStore(pool: fleet.pool)
            await #expect(throws: ScheduleStoreError.tooMany) { try await store.add(definition) }
            _ = try await store.remove("s-1")
            try await store.add(definition)
        }
    }
}
