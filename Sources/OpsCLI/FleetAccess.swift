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

/// For commands that show how something is.
struct WatchOptions: ParsableArguments {
    @Flag(help: "Show it again every 2 s, until Ctrl-C; with --json, one line each time.")
    var watch = false
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

extension FleetAccess {
    /// Shows a table: once, or until the operator has seen enough.
    ///
    /// - Parameters:
    ///   - common: How.
    ///   - watched: Whether to go on.
    ///   - table: Looks.
    /// - Throws: What the first look throws; a later one that fails is shown, and what comes after it too.
    static func show(
        _ common: CommonOptions,
        _ watched: WatchOptions,
        _ table: (Fleet, Settings) async throws -> Table
    ) async throws {
        try await with { fleet, settings in
            let first = try await table(fleet, settings)
            guard watched.watch else { return try first.print(asJSON: common.json) }
            Terminal.endWithZeroOnInterrupt()
            if !common.json { Terminal.clear() }
            try first.print(asJSON: common.json)
            while true {
                try await Task.sleep(for: .seconds(2))
                let next: Table
                do {
                    next = try await table(fleet, settings)
                } catch {
                    Terminal.error("cloudoptim: \(error)")
                    continue
                }
                if !common.json { Terminal.clear() }
                try next.print(asJSON: common.json)
            }
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
