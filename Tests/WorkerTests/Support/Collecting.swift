import Bootstrap
import Configuration
import FoundationEssentials
import HTTPClient
import Jobs
import Store
import TestKit
import Testing

@testable import Worker

/// The handler of collect-metrics with a registered cluster.
struct Collecting: Sendable {
    let fleet: TestFleet
    let sandbox: SandboxServer
    let clusters: ClusterStore
    let handler: CollectMetricsHandler
    /// The registered cluster.
    let id: UUID

    /// - Parameters:
    ///   - environment: Settings that differ from the tests'.
    ///   - authority: Changes the authority the cluster is registered with; nil for none.
    ///   - body: The test.
    /// - Throws: What the test throws.
    static func with(
        _ environment: [String: String] = [:],
        authority: ((String) -> String)? = { $0 },
        _ body: (Collecting) async throws -> Void
    ) async throws {
        try await TestFleet.with { fleet in
            let sandbox = try await SandboxServer()
            let cluster = sandbox.clusters[0]
            let http = HTTPClient(logger: fleet.logger)
            let (store, handler) = try make(fleet, http, environment)
            let id = try await register(
                in: store,
                fleet,
                endpoint: cluster.endpoint,
                authority: authority.map { $0(sandbox.authority) },
                token: cluster.token
            )
            let collecting = Collecting(
                fleet: fleet,
                sandbox: sandbox,
                clusters: store,
                handler: handler,
                id: id
            )
            do {
                try await body(collecting)
            } catch {
                await http.shutdown()
                throw error
            }
            await http.shutdown()
        }
    }

    static func make(
        _ fleet: TestFleet,
        _ http: HTTPClient,
        _ environment: [String: String]
    ) throws -> (ClusterStore, CollectMetricsHandler) {
        let access = try access(fleet, http, environment)
        let handler = CollectMetricsHandler(
            clusters: access.clusters,
            metrics: MetricsStore(pool: fleet.pool),
            connections: access.connections,
            prices: try Objects.prices()
        )
        return (access.clusters, handler)
    }

    static func access(
        _ fleet: TestFleet,
        _ http: HTTPClient,
        _ environment: [String: String]
    ) throws -> ClusterAccess {
        // No credentials but those that a test brings.
        let aws = environment.filter { $0.key.hasPrefix("AWS_") }
        let own = [
            "CLOUDOPTIM_ALLOW_PRIVATE_ENDPOINTS": "true", "K8S_API_TIMEOUT_SECONDS": "2",
            "K8S_API_RETRY_ATTEMPTS": "1",
        ].merging(environment) { $1 }
        let provider = EnvironmentVariablesProvider(environmentVariables: own)
        let store = ClusterStore(pool: fleet.pool, keyring: fleet.keyring)
        return ClusterAccess(
            clusters: store,
            connections: try ClusterConnections(
                clusters: store,
                http: http,
                sessions: try CustomerSessions(http: http, environment: aws, logger: fleet.logger),
                settings: Settings(reader: ConfigReader(provider: provider))
            )
        )
    }

    static func register(
        in store: ClusterStore,
        _ fleet: TestFleet,
        endpoint: String,
        authority: String?,
        token: String
    ) async throws -> UUID {
        let customer = CustomerRecord(
            companyName: "Example",
            email: nil,
            awsRoleARN: nil,
            sqsQueueURL: nil,
            awsAccountID: nil,
            externalID: UUID().text
        )
        let registration = ClusterRegistration(
            customerID: customer.id,
            name: "cluster",
            apiEndpoint: endpoint,
            certificateAuthority: authority,
            token: token,
            tokenExpiresAt: nil,
            region: "us-east-1"
        )
        try await store.register(registration, with: customer)
        return registration.id
    }

    func run() async throws -> JobReport {
        try await handler.run(.test("collect-metrics", cluster: id))
    }

    /// Runs, and must fail.
    func failure() async throws -> JobFailure {
        let error = await #expect(throws: JobFailure.self) { _ = try await run() }
        return try #require(error)
    }
}
