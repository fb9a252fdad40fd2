import ArgumentParser
import Bootstrap
import Store

/// `cloudoptim migrate`.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Brings the database to this release's schema. Safe to run again, and by many at once."
    )

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await FleetAccess.with(checked: false) { fleet, _ in
            let applied = try await Schema(pool: fleet.pool).migrate()
            var table = Table("migration", "state")
            for migration in Migration.all {
                table.add(
                    .string(migration.title),
                    .string(applied.contains(migration.title) ? "applied now" : "was there")
                )
            }
            try table.print(asJSON: common.json)
        }
    }
}
