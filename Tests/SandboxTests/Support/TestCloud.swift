import AWS
import FoundationEssentials
import HTTPClient
import Hummingbird
import HummingbirdTesting
import Logging
import Testing

@testable import Sandbox

/// The simulated AWS with the fleet's own clients.
struct TestCloud: Sendable {
    let runtime: AWSRuntime
    let region: AWSRegion
    let fleet: AWSClient
    let role: RoleARN

    /// A client that has taken on the customer's role, for a purpose or for all.
    func customer(_ purpose: SessionPolicy.Purpose? = nil, cluster: String = "sandbox-1") async throws
        -> AWSClient
    {
        let tag = AWSTag("kubernetes.io/cluster/\(cluster)", "owned")
        let request = STS.AssumeRole(
            role: role,
            externalID: CustomerAccount.testID,
            sessionName: SessionName(customer: "customer", job: "test"),
            policy: try purpose.map { try SessionPolicy($0, region: region, clusterTag: tag) }
        )
        return AWSClient(
            region: region,
            account: role.account,
            credentials: StaticCredentials(try await fleet.sts.assumeRole(request)),
            runtime: runtime
        )
    }

    /// Serves an account while a test works with it.
    static func with(
        _ account: CustomerAccount,
        _ time: TestTime,
        _ body: @escaping @Sendable (TestCloud) async throws -> Void
    ) async throws {
        // Signatures are of the real time, as long as nobody lets time pass.
        let start = TestTime().now
        let server = SandboxServer(account: account, now: { Date().timeIntervalSince1970 + time.now - start })
        let key = account.keys.fleet
        try await Application(router: server.awsRouter).test(.live) { client in
            let port = try #require(client.port)
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let http = HTTPClient(logger: logger)
            let runtime = AWSRuntime(
                http: http,
                endpoints: try AWSEndpoints(common: "http://127.0.0.1:\(port)"),
                logger: logger
            )
            let region = try #require(AWSRegion("us-east-1"))
            let own = StaticCredentials(AWSCredentials(accessKeyID: key.id, secretAccessKey: key.secret))
            let cloud = TestCloud(
                runtime: runtime,
                region: region,
                fleet: AWSClient(region: region, account: "fleet", credentials: own, runtime: runtime),
                role: try #require(RoleARN(CustomerAccount.roleARN))
            )
            do {
                try await body(cloud)
            } catch {
                await http.shutdown()
                throw error
            }
            await http.shutdown()
        }
    }
}
