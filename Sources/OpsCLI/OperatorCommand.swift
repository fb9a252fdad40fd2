import ArgumentParser
import Bootstrap
import Logging

/// The operators' tool.
@main
struct OperatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cloudoptim",
        abstract: "Migrates, inspects and steers a fleet, on the machine it runs on.",
        discussion: """
            Reads the same environment as the processes; see docs/configuration.md.
            Exit codes: 0 done, 1 failed, 2 usage.
            """,
        version: Release.version,
        subcommands: [
            MigrateCommand.self, DoctorCommand.self, QueueCommand.self, JobCommand.self, WorkersCommand.self,
            SchedulesCommand.self, PreflightCommand.self, EventsCommand.self, NotificationsCommand.self,
            APIKeyCommand.self,
            RebuildCommand.self,
        ]
    )

    /// ArgumentParser's own exit code for usage is 64; ours is 2.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            Terminal.error(fullMessage(for: error))
            exit(withError: ExitCode(2))
        }
    }
}
