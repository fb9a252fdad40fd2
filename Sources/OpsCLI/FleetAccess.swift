import ArgumentParser
import Bootstrap
import Jobs
import Logging
import Store

/// What all commands share.
struct CommonOptions: ParsableArguments {
    @Flag(help: "Write JSON for scripts.")
    var json = false
}

/// Opens the fleet for one command, and closes it after.
enum FleetAccess {
    /// - Parameters:
    ///   - checked: Whether schema and Redis have to be fit for work.
    ///   - body: The command.
    /// - Throws: What the layers below throw.
    static func with(checked: Bool = true, _ body: (Fleet, Settings) async throws -> Void) async throws {
        let settings = Settings()
        // A tool's output is its answer: it logs nothing but trouble.
        let logger = Logger(label: "cloudoptim") { _ in StreamLogHandler.standardError(label: "cloudoptim") }
            .quiet
        do {
            let fleet = try Fleet(settings: settings, processName: "cloudoptim", logger: logger)
            do {
                if checked { try await fleet.check() }
                try await body(fleet, settings)
                await fleet.close()
            } catch {
                await fleet.close()
                throw error
            }
        } catch let error as ExitCode {
            throw error
        } catch let error as ValidationError {
            throw error
        } catch {
            Terminal.error("cloudoptim: \(error)")
            throw ExitCode(1)
        }
    }
}

extension Logger {
    fileprivate var quiet: Logger {
        var logger = self
        logger.logLevel = .error
        return logger
    }
}
