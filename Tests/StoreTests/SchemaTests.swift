import Postgres
import Store
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SchemaTests {
    @Test func aSecondMigrationChangesNothing() async throws {
        try await TestFleet.with { fleet async throws in
            let schema = Schema(pool: fleet.pool)
            #expect(try await schema.migrate() == [])
            #expect(try await schema.state() == .current)
        }
    }

    @Test func manyMayMigrateAtOnce() async throws {
        try await TestFleet.with { fleet async throws in
            _ = try await fleet.pool.execute("DROP SCHEMA public CASCADE")
            _ = try await fleet.pool.execute("CREATE SCHEMA public")
            let done = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<4 { group.addTask { try await Schema(pool: fleet.pool).migrate() } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(done.sorted() == Migration.all.map(\.title))
            #expect(try await Schema(pool: fleet.pool).state() == .current)
        }
    }

    @Test func refusesAChangedMigrationByName() async throws {
        try await TestFleet.with { fleet async throws in
            _ = try await fleet.pool.execute("UPDATE schema_migrations SET checksum = 'x' WHERE version = 2")
            let schema = Schema(pool: fleet.pool)
            let error = await #expect(throws: SchemaError.self) { _ = try await schema.migrate() }
            #expect(error?.description.contains("V0002_events_optimizations_ghosts") == true)
            #expect(
                try await schema.state()
                    == .unknown(reason: "V0002_events_optimizations_ghosts was changed after it was applied")
            )
        }
    }

    @Test func refusesAMigrationOfANewerBuildByName() async throws {
        try await TestFleet.with { fleet async throws in
            _ = try await fleet.pool.execute(
                "INSERT INTO schema_migrations (version, title, checksum) VALUES (9999, 'V9999_future', 'x')"
            )
            let schema = Schema(pool: fleet.pool)
            let error = await #expect(throws: SchemaError.self) { _ = try await schema.migrate() }
            #expect(error?.description.contains("V9999_future") == true)
        }
    }
}
