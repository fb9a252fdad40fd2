import ArgumentParser
import Bootstrap
import FoundationEssentials
import Jobs
import Store

/// `cloudoptim schedules …`.
struct SchedulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedules",
        abstract: "What the clock makes, and when.",
        subcommands: [List.self, Pause.self, Resume.self, Run.self, Add.self, Remove.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ls",
            abstract: "All schedules in a line each."
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var watched: WatchOptions

        func run() async throws {
            try await FleetAccess.show(common, watched) { fleet, _ in
                try await SchedulesCommand.table(on: fleet)
            }
        }
    }

    /// Schedules in a line each.
    static func table(on fleet: Fleet, only name: String? = nil) async throws -> Table {
        let (now, records) = try await ScheduleStore(pool: fleet.pool).board()
        var table = Table(
            "name",
            "type",
            "every_seconds",
            "cron",
            "time_zone",
            "missed",
            "per_cluster",
            "paused",
            "last_tick",
            "next_tick"
        )
        for record in records where name == nil || record.name == name {
            let definition = record.definition
            let schedule = record.isPaused ? nil : try? Schedule(definition)
            table.add(
                .string(record.name),
                .string(definition.jobType),
                definition.everySeconds.map(JSONValue.count) ?? .null,
                .optional(definition.cron),
                .string(definition.timeZone),
                .string(definition.missed.rawValue),
                .bool(definition.isPerCluster),
                .bool(record.isPaused),
                .time(record.lastTick),
                .time(schedule?.nextTick(after: now))
            )
        }
        return table
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pause",
            abstract: "Stops a schedule; ticks that are made already, up to 15 s ahead, still run."
        )

        @Argument(help: "The schedule's name.")
        var name: String

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await set(name, isPaused: true, common)
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "resume",
            abstract: "Lets a schedule go on with its next tick."
        )

        @Argument(help: "The schedule's name.")
        var name: String

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await set(name, isPaused: false, common)
        }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "run",
            abstract: "Makes a schedule's jobs at once, beside its ticks, paused or not."
        )

        @Argument(help: "The schedule's name.")
        var name: String

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await FleetAccess.with { fleet, settings in
                let store = ScheduleStore(pool: fleet.pool)
                guard let record = try await store.find(name) else { throw missing(name) }
                let clusters = ClusterStore(pool: fleet.pool, keyring: try settings.keyring())
                let jobs = ScheduledJobs(
                    queue: fleet.queue,
                    store: store,
                    targets: { try await clusters.active() },
                    logger: fleet.logger
                )
                var table = Table("job_id")
                for id in try await jobs.run(try Schedule(record.definition), by: "cloudoptim") {
                    table.add(.string(id.text))
                }
                try table.print(asJSON: common.json)
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rm",
            abstract: "Removes a schedule that an operator added; what it made stays."
        )

        @Argument(help: "The schedule's name.")
        var name: String

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await FleetAccess.with { fleet, _ in
                do {
                    guard try await ScheduleStore(pool: fleet.pool).remove(name) else { throw missing(name) }
                    var table = Table("removed")
                    table.add(.string(name))
                    try table.print(asJSON: common.json)
                } catch ScheduleStoreError.builtIn {
                    Terminal.error("cloudoptim: \(name) is part of the program; it can be paused")
                    throw ExitCode(1)
                }
            }
        }
    }

    private static func set(_ name: String, isPaused: Bool, _ common: CommonOptions) async throws {
        try await FleetAccess.with { fleet, _ in
            guard try await ScheduleStore(pool: fleet.pool).pause(name, isPaused) != nil else {
                throw missing(name)
            }
            try await table(on: fleet, only: name).print(asJSON: common.json)
        }
    }

    fileprivate static func missing(_ name: String) -> ExitCode {
        Terminal.error("cloudoptim: there is no schedule \(name)")
        return ExitCode(1)
    }
}
