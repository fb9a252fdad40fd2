import ArgumentParser
import Bootstrap
import Jobs
import Store

extension SchedulesCommand {
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add",
            abstract: "Adds a schedule, from its next tick on."
        )

        @Argument(help: "What people call it: 1 to 60 of a-z, 0-9 and -.")
        var name: String

        @Argument(help: "The type of its jobs.")
        var type: String

        @Option(help: "The interval in seconds.")
        var every: Int?

        @Option(help: "Five fields of cron in quotes, or @hourly, @daily …")
        var cron: String?

        @Option(help: "The time zone of --cron, such as Europe/Berlin.")
        var timeZone = "UTC"

        @Option(help: "Which missed ticks are made up for: latest, skip or all.")
        var missed = "latest"

        @Option(help: "With --missed all: how many at most, the newest.")
        var maxCatchUp: Int?

        @Option(help: "Over how many seconds the jobs of a tick are spread.")
        var jitter: Double = 0

        @Option(parsing: .upToNextOption, help: "Parameters as key=value; a value may be JSON.")
        var param: [String] = []

        @Flag(help: "One job for each active cluster; types that need a cluster have it anyway.")
        var perCluster = false

        @OptionGroup var common: CommonOptions

        func validate() throws {
            _ = try schedule()
        }

        func run() async throws {
            try await FleetAccess.with { fleet, _ in
                do {
                    try await ScheduleStore(pool: fleet.pool).add(try schedule().definition)
                    try await SchedulesCommand.table(on: fleet, only: name).print(asJSON: common.json)
                } catch ScheduleStoreError.nameTaken {
                    Terminal.error("cloudoptim: there is a schedule \(name)")
                    throw ExitCode(1)
                } catch ScheduleStoreError.tooMany {
                    Terminal.error("cloudoptim: there may be \(ScheduleStore.limit) schedules at most")
                    throw ExitCode(1)
                }
            }
        }

        private func schedule() throws -> Schedule {
            guard (every == nil) != (cron == nil) else {
                throw ValidationError("--every or --cron must be given, and not both")
            }
            guard let missed = ScheduleDefinition.MissedTicks(rawValue: missed) else {
                let words = ScheduleDefinition.MissedTicks.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--missed '\(missed)' must be one of \(words)")
            }
            guard missed == .all || maxCatchUp == nil else {
                throw ValidationError("--max-catch-up goes with --missed all only")
            }
            let definition = ScheduleDefinition(
                name: name,
                jobType: type,
                everySeconds: every,
                cron: cron,
                timeZone: timeZone,
                missed: missed,
                maximumCatchUp: maxCatchUp ?? (missed == .all ? 60 : 1),
                jitter: .seconds(min(max(jitter, -1), 1e9)),
                parameters: try JSONValue.object(try JobParameters.parse(param)).serialized(),
                isPerCluster: perCluster || Schedule.needsCluster(type)
            )
            do {
                return try Schedule(definition)
            } catch {
                let valid =
                    error.validValues.isEmpty ? "" : "; valid: \(error.validValues.joined(separator: ", "))"
                throw ValidationError("\(error)\(valid)")
            }
        }
    }
}
