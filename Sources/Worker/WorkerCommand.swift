import ArgumentParser
import Bootstrap
import Jobs
import Logging

/// The worker process.
@main
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cloudoptim-worker",
        abstract: "Claims jobs and runs them.",
        discussion: "Options win over the environment; see docs/configuration.md for its keys.",
        version: Release.version
    )

    @Option(
        help: "The queues to serve, separated by commas. (WORKER_QUEUES; default: all that can be served)"
    )
    var queues: String?

    @Option(help: "How many jobs to run at once, 1 to 1000. (WORKER_CONCURRENCY; default: 64)")
    var concurrency: Int?

    @Option(help: "Slots that only take urgent jobs, fewer than all. (WORKER_RESERVE; default: a quarter)")
    var reserve: Int?

    func run() async throws {
        await FleetProcess.run("cloudoptim-worker") { settings, logger, registry in
            try await serve(settings, logger, registry)
        }
    }

    /// What the options and the environment say together.
    func workerConfiguration(_ settings: Settings) throws -> WorkerConfiguration {
        let slots = try concurrency ?? settings.integer(.workerConcurrency, in: 1...1000, default: 64)
        guard (1...1000).contains(slots) else {
            throw ValidationError("--concurrency must be from 1 to 1000, not \(slots)")
        }
        let reserved = try reserve ?? settings.integer(.workerReserve, in: 0...999, default: slots / 4)
        guard (0..<slots).contains(reserved) else {
            throw ValidationError(
                "--reserve must be from 0 to \(slots - 1) with \(slots) slots, not \(reserved)"
            )
        }
        let served = JobCatalogue.served.map(\.rawValue)
        let names = (queues ?? settings.text(.workerQueues)).map(Self.names)
        if let unknown = names?.first(where: { !served.contains($0) }) {
            throw ValidationError(
                "--queues (WORKER_QUEUES) names '\(unknown)'; valid: \(served.joined(separator: ", "))"
            )
        }
        let drain = try settings.integer(.drainSeconds, in: 1...3600, default: 25)
        return WorkerConfiguration(
            queues: names.flatMap { $0.isEmpty ? nil : $0 } ?? served,
            concurrency: slots,
            reserve: reserved,
            drainLimit: .seconds(drain),
            version: Release.version
        )
    }

    /// The names between the commas, each once.
    private static func names(in list: String) -> [String] {
        list.split(separator: ",").reduce(into: []) { names, part in
            let name = String(part.filter { $0 != " " })
            if !name.isEmpty, !names.contains(name) { names.append(name) }
        }
    }
}
