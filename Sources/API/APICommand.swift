import ArgumentParser
import Bootstrap
import Logging

/// The API process.
@main
struct APICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cloudoptim-api",
        abstract: "Takes jobs over HTTP and shows what became of them.",
        discussion: "Options win over the environment; see docs/configuration.md for its keys.",
        version: Release.version
    )

    @Option(help: "The address to listen on. (CENTRAL_SERVER_HOST; default: 127.0.0.1)")
    var host: String?

    @Option(help: "The port to listen on. (CENTRAL_SERVER_PORT; default: 8000)")
    var port: Int?

    func run() async throws {
        await FleetProcess.run("cloudoptim-api") { settings, logger, registry in
            try await serve(settings, logger, registry)
        }
    }

    /// Where to listen, as the options and the environment say together.
    func address(_ settings: Settings) throws -> (host: String, port: Int) {
        let port = try port ?? settings.integer(.serverPort, in: 1...65_535, default: 8000)
        guard (1...65_535).contains(port) else {
            throw ValidationError("--port must be from 1 to 65535, not \(port)")
        }
        return (host ?? settings.text(.serverHost) ?? "127.0.0.1", port)
    }
}
