import Postgres
import Store
import TestKit
import Testing

@testable import Scheduler

@Suite("Maintenance", .timeLimit(.minutes(1))) struct MaintenanceTests {
    @Test func makesPartitionsAWeekAhead() async throws {
        try await TestFleet.with { fleet in
            func count() async throws -> Int {
                let rows = try await fleet.pool.query(
                    "SELECT count(*)::bigint AS partitions FROM pg_inherits WHERE inhparent = 'jobs'::regclass"
                )
                return try #require(rows.first).decode("partitions")
            }
            let before = try await count()
            _ = try await fleet.pool.execute(
                """
                DO $$ DECLARE name text; BEGIN
                    FOR name IN SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'jobs'::regclass
                    LOOP EXECUTE 'DROP TABLE ' || name; END LOOP;
                END $$
                """
            )
            #expect(try await count() == 0)
            let maintenance = Maintenance(schema: Schema(pool: fleet.pool), logger: fleet.logger)
            let task = Task { await maintenance.run() }
            try await eventually("the partitions") { try await count() >= min(before, 8) }
            task.cancel()
            await task.value
        }
    }
}
