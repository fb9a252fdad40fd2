import ArgumentParser
import Bootstrap
import Jobs
import Store

/// A queue named on the command line.
struct QueueArgument: ParsableArguments {
    @Argument(help: "The queue.")
    var queue: String

    func validate() throws {
        try QueueCommand.check(queue)
    }
}

extension QueueCommand {
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pause",
            abstract: "Stops the claiming of a queue's jobs; those that run go on."
        )

        @OptionGroup var name: QueueArgument
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await FleetAccess.with { fleet, _ in
                try await fleet.queue.pause(name.queue, by: "cloudoptim")
                try await QueueCommand.table(of: [name.queue], on: fleet).print(asJSON: common.json)
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "resume",
            abstract: "Lets a queue go on."
        )

        @OptionGroup var name: QueueArgument
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await FleetAccess.with { fleet, _ in
                try await fleet.queue.resume(name.queue)
                try await QueueCommand.table(of: [name.queue], on: fleet).print(asJSON: common.json)
            }
        }
    }

    struct RetryDead: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "retry-dead",
            abstract: "Gives the jobs that failed for good another chance."
        )

        @OptionGroup var name: QueueArgument
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await FleetAccess.with { fleet, _ in
                var table = Table("queue", "retried")
                table.add(
                    .string(name.queue),
                    .count(try await fleet.queue.retryDead(of: name.queue, limit: 100_000))
                )
                try table.print(asJSON: common.json)
            }
        }
    }

    struct PurgeDead: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "purge-dead",
            abstract: "Takes the jobs that failed for good off the list; their outcomes stay."
        )

        @OptionGroup var name: QueueArgument
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await FleetAccess.with { fleet, _ in
                var table = Table("queue", "discarded")
                let count = try await fleet.queue.journal.discardDead(of: name.queue, limit: 1_000_000)
                table.add(.string(name.queue), .count(count))
                try table.print(asJSON: common.json)
            }
        }
    }
}
