import ArgumentParser
import Logging
import ServiceLifecycle
import UnixSignals

/// `cloudoptim-sandbox`: simulated customers, for the first run and for load tests.
@main struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cloudoptim-sandbox",
        abstract:
            "Simulates a customer's Kubernetes clusters over TLS, and the AWS account below, on loopback ports."
    )

    @Option(help: "How many clusters there are.") var clusters = 3
    @Option(help: "How many nodes each has.") var nodesPerCluster = 6
    @Option(help: "How many pods run on each node, its DaemonSets' included.") var podsPerNode = 10
    @Option(help: "The port; 0 for a free one.") var port = 16443
    @Option(help: "The port of AWS's APIs; 0 for a free one.") var awsPort = 0
    @Option(help: "Seconds from a machine's launch until its node is ready.") var bootSeconds = 6.0
    @Option(help: "Where ca.crt, clusters.json and aws.json are written, and the authority is kept.")
    var stateDirectory = ".run/sandbox"
    @Option(help: "The same seed makes the same clusters.") var seed: UInt64 = 1

    func validate() throws {
        guard (1...10_000).contains(clusters) else { throw ValidationError("--clusters must be 1 to 10000") }
        guard (1...5_000).contains(nodesPerCluster) else {
            throw ValidationError("--nodes-per-cluster must be 1 to 5000")
        }
        guard (1...56).contains(podsPerNode) else { throw ValidationError("--pods-per-node must be 1 to 56") }
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be 0 to 65535") }
        guard (0...65_535).contains(awsPort) else { throw ValidationError("--aws-port must be 0 to 65535") }
        guard (0...3600).contains(bootSeconds) else {
            throw ValidationError("--boot-seconds must be 0 to 3600")
        }
    }

    func run() async throws {
        var logger = Logger(label: "sandbox")
        logger.logLevel = .notice
        let directory = try StateDirectory(path: stateDirectory)
        let authority = try directory.authority()
        let fleet = Fleet(
            count: clusters,
            size: .init(nodes: nodesPerCluster, podsPerNode: podsPerNode),
            seed: seed,
            authority: authority,
            life: .random(in: 0 ... .max),
            pace: Pace(bootSeconds: bootSeconds)
        )
        let account = CustomerAccount(fleet: fleet, keys: authority.keyRing)
        account.externalID = directory.externalID
        let server = SandboxServer(account: account, keep: { try directory.keep(externalID: $0) })
        // Being cancelled is how it ends, but to the web server that is an error worth two lines.
        var serverLogger = logger
        serverLogger.logLevel = .critical
        // Ready when clusters.json is there: so AWS's APIs have to be there before.
        let (aws, isServed) = AsyncStream<Void>.makeStream()
        let cloud = server.awsApplication(port: awsPort, logger: serverLogger) { [logger] port in
            do {
                try directory.write(account, port: port)
            } catch {
                logger.error("aws.json can't be written", metadata: ["error": "\(error)"])
            }
            isServed.finish()
        }
        let application = try server.application(
            port: port,
            identity: authority.issueServerIdentity(),
            logger: serverLogger
        ) { [logger] port in
            for await _ in aws {}
            do {
                try directory.write(fleet, port: port)
                logger.notice(
                    "serving clusters",
                    metadata: ["clusters": "\(fleet.clusters.count)", "port": "\(port)"]
                )
            } catch {
                logger.error("clusters.json can't be written", metadata: ["error": "\(error)"])
            }
        }
        // Cancelled rather than drained: nothing here is worth waiting for, and a request may hang on purpose.
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: cloud), .init(service: application)],
                cancellationSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        do {
            try await group.run()
        } catch is CancellationError {
            return
        }
    }
}
