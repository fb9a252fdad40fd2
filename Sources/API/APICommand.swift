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
}
