import ArgumentParser
import Bootstrap
import Jobs
import Store

/// `cloudoptim workers`.
struct WorkersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers",
        abstract: "The workers that beat in the last 30 s."
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var watched: WatchOptions

    func run() async throws {
        try await FleetAccess.show(common, watched) { fleet, _ in
            var table = Table(
                "id",
                "host",
                "pid",
                "version",
                "queues",
                "slots",
                "running",
                "draining",
                "last_beat"
            )
            for worker in try await fleet.queue.index.workers() {
                table.add(
                    .string(worker.id),
                    .string(worker.host),
                    .count(worker.pid),
                    .string(worker.version),
                    .array(worker.queues.map(JSONValue.string)),
                    .count(worker.slots),
                    .count(worker.running.count),
                    .bool(worker.isDraining),
                    .time(worker.lastBeat)
                )
            }
            return table
        }
    }
}
