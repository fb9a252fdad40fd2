import ArgumentParser
import Bootstrap
import Jobs
import Logging

/// `cloudoptim rebuild`.
struct RebuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract:
            "Puts every open job of PostgreSQL into Redis that is not there. The scheduler does so by itself."
    )

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await FleetAccess.with { fleet, _ in
            let count = try await Dispatcher(queue: fleet.queue, logger: fleet.logger).reload()
            var table = Table("jobs_brought")
            table.add(.count(count))
            try table.print(asJSON: common.json)
        }
    }
}
