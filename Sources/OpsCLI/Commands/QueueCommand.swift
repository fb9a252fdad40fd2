import ArgumentParser
import Bootstrap
import Jobs
import Store

/// `cloudoptim queue …`.
struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "Looks into the queues, stops them, and clears up after failures.",
        subcommands: [
            List.self, Stats.self, Peek.self, Pause.self, Resume.self, RetryDead.self, PurgeDead.self,
        ]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ls",
            abstract: "All queues in a line each."
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var watched: WatchOptions

        func run() async throws {
            try await FleetAccess.show(common, watched) { fleet, _ in
                try await QueueCommand.table(of: JobCatalogue.served.map(\.rawValue), on: fleet)
            }
        }
    }

    struct Stats: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "stats", abstract: "One queue.")

        @Argument(help: "The queue.")
        var queue: String

        @OptionGroup var common: CommonOptions
        @OptionGroup var watched: WatchOptions

        func validate() throws {
            try QueueCommand.check(queue)
        }

        func run() async throws {
            try await FleetAccess.show(common, watched) { fleet, _ in
                try await QueueCommand.table(of: [queue], on: fleet)
            }
        }
    }

    struct Peek: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "peek",
            abstract: "The jobs in one state; those that are ready in claim order."
        )

        @Argument(help: "The queue.")
        var queue: String

        @Option(help: "ready, delayed, running or blocked.")
        var state = "ready"

        @Option(help: "How many, 1 to 1000.")
        var limit = 20

        @OptionGroup var common: CommonOptions

        func validate() throws {
            try QueueCommand.check(queue)
            guard LiveIndex.PeekState(rawValue: state) != nil else {
                throw ValidationError("--state '\(state)' must be one of ready, delayed, running, blocked")
            }
            guard (1...1000).contains(limit) else { throw ValidationError("--limit must be from 1 to 1000") }
        }

        func run() async throws {
            try await FleetAccess.with { fleet, _ in
                var table = Table(
                    "job_id",
                    "type",
                    "priority",
                    "cluster_id",
                    "submitted_at",
                    "deadline",
                    "submitted_by"
                )
                let state = LiveIndex.PeekState(rawValue: state) ?? .ready
                for job in try await fleet.queue.index.peek(queue, state, limit: limit) {
                    table.add(
                        .string(job.id.text),
                        .string(job.type),
                        .count(job.priority),
                        .optional(job.clusterID?.text),
                        .time(job.submittedAt),
                        .time(job.deadline),
                        .string(job.submittedBy)
                    )
                }
                try table.print(asJSON: common.json)
            }
        }
    }

    static func check(_ queue: String) throws {
        guard JobType(rawValue: queue) != nil else {
            throw ValidationError(
                "'\(queue)' is not a queue; valid: \(JobCatalogue.served.map(\.rawValue).joined(separator: ", "))"
            )
        }
    }
}

extension QueueCommand {
    /// Queues in a line each.
    static func table(of queues: [String], on fleet: Fleet) async throws -> Table {
        let dead = try await fleet.queue.journal.deadCounts()
        var table = Table(
            "queue",
            "ready",
            "delayed",
            "blocked",
            "running",
            "dead",
            "paused",
            "oldest_ready_seconds",
            "min_slack_seconds",
            "finished_per_second"
        )
        for stats in try await fleet.queue.index.stats(of: queues) {
            table.add(
                .string(stats.name),
                .count(stats.ready),
                .count(stats.delayed),
                .count(stats.blocked),
                .count(stats.running),
                .count(dead[stats.name] ?? 0),
                .bool(stats.isPaused),
                .seconds(stats.oldestReady),
                .seconds(stats.minimumSlack),
                .number(Double(stats.finishedLastMinute) / 60)
            )
        }
        return table
    }
}
