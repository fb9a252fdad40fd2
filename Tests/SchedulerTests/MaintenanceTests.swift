import Bootstrap
import Configuration
import FoundationEssentials
import Postgres
import Store
import TestKit
import Testing

@testable import Scheduler

@Suite("Maintenance", .timeLimit(.minutes(1))) struct MaintenanceTests {
    @Test func makesPartitionsAWeekAheadAndDropsOldOnes() async throws {
        try await TestFleet.with { fleet in
            let store = RetentionStore(pool: fleet.pool)
            let now = try await store.now()
            let schema = Schema(pool: fleet.pool)
            // Each makes the days before and after, too.
            for age in [9.0, 40, 100] {
                try await schema.ensurePartitions(around: now.addingTimeInterval(-age * 86_400))
            }
            func day(_ age: Double) -> String {
                String(now.addingTimeInterval(-age * 86_400).rfc3339.prefix(10).filter { $0 != "-" })
            }
            _ = try await fleet.pool.execute(
                """
                INSERT INTO event_dead_letters (letter_id, message_id, reason, body)
                SELECT uuid_floor(now() - n * interval '1 day'), n, 'r', 'b' FROM generate_series(1, 5100) n
                """
            )
            let maintenance = Maintenance(store: store, plan: RetentionPlan(), logger: fleet.logger)
            let task = Task { await maintenance.run() }
            try await eventually("the end of the old days") {
                let jobs = try await store.days(of: .jobs)
                let metrics = try await store.days(of: .metrics)
                return jobs.first == day(10) && metrics.first == day(41) && jobs.last == day(-7)
            }
            try await eventually("the end of the old letters") {
                let rows = try await fleet.pool.query("SELECT count(*)::bigint FROM event_dead_letters")
                return try rows.first?.decode(0, as: Int.self) == 29
            }
            task.cancel()
            await task.value
        }
    }

    @Test func keepsAsManyDaysAsItIsTold() throws {
        let plan = RetentionPlan(jobDays: 30, metricsDays: 90)
        let now = try #require(Date(rfc3339: "2026-03-31T00:00:01Z"))
        let days = ["20251230", "20251231", "20260228", "20260301", "20260331", "20260401", "2026", "x"]
        #expect(plan.expired(days, of: .jobs, at: now) == ["20251230", "20251231", "20260228"])
        #expect(plan.expired(days, of: .metrics, at: now) == ["20251230"])
    }

    @Test func readsItsSettings() throws {
        func plan(_ environment: [String: String]) throws -> RetentionPlan {
            try RetentionPlan(
                Settings(
                    reader: ConfigReader(
                        provider: EnvironmentVariablesProvider(environmentVariables: environment)
                    )
                )
            )
        }
        #expect(try plan([:]) == RetentionPlan(jobDays: 30, metricsDays: 90))
        #expect(
            try plan(["JOB_RETENTION_DAYS": "8", "METRICS_RETENTION_DAYS": "1"])
                == RetentionPlan(jobDays: 8, metricsDays: 1)
        )
        #expect(throws: SettingError.self) { try plan(["JOB_RETENTION_DAYS": "7"]) }
        #expect(throws: SettingError.self) { try plan(["METRICS_RETENTION_DAYS": "0"]) }
    }
}
