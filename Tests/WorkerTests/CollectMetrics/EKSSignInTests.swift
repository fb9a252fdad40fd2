import Bootstrap
import FoundationEssentials
import HTTPClient
import Jobs
import Store
import TestKit
import Testing

@testable import Worker

@Suite("Clusters that are signed in to as a role", .timeLimit(.minutes(2))) struct EKSSignInTests {
    /// A simulated cluster, which knows no token of EKS, registered with a role in this AWS.
    private func with(
        _ moto: MotoServer,
        _ body: (ClusterStore, UUID, CollectMetricsHandler) async throws -> Void
    ) async throws {
        try await TestFleet.with { fleet in
            let sandbox = try await SandboxServer()
            let http = HTTPClient(logger: fleet.logger)
            let environment = moto.environment.merging(["K8S_API_TIMEOUT_SECONDS": "50"]) { $1 }
            let (store, handler) = try Collecting.make(fleet, http, environment)
            let customer = CustomerRecord(
                companyName: "Example",
                awsRoleARN: "arn:aws:iam::\(MotoServer.account):role/cloudoptim",
                externalID: "external-id-0123456789"
            )
            let registration = ClusterRegistration(
                customerID: customer.id,
                name: "cluster",
                apiEndpoint: sandbox.clusters[0].endpoint,
                certificateAuthority: sandbox.authority,
                token: nil,
                tokenExpiresAt: nil,
                region: MotoServer.region,
                eksClusterName: "shop"
            )
            try await store.register(registration, with: customer)
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(store, registration.id, handler))
            } catch { result = .failure(error) }
            await http.shutdown()
            try result.get()
        }
    }

    private func failure(of handler: CollectMetricsHandler, cluster: UUID) async -> JobFailure? {
        await #expect(throws: JobFailure.self) {
            _ = try await handler.run(.test("collect-metrics", cluster: cluster))
        }
    }

    @Test func haveAnExpiredCredentialOnceAFreshTokenIsRefused() async throws {
        try await with(try await MotoServer.shared()) { store, id, handler in
            let failure = await failure(of: handler, cluster: id)
            #expect(failure?.code == "credential_expired")
            #expect(failure?.message.contains("access entry") == true)
            let record = try #require(try await store.find(id))
            #expect(record.status == .credentialExpired)
        }
    }

    /// Who mends the role need not tell us: the next job sees it.
    @Test func stayActiveWhileTheRoleRefusesUs() async throws {
        try await with(try await MotoServer.refusing()) { store, id, handler in
            let failure = await failure(of: handler, cluster: id)
            #expect(failure?.code == "cluster_sign_in_refused")
            #expect(failure?.isRetryable == false)
            let record = try #require(try await store.find(id))
            #expect(record.status == .active && record.health == .red)
            #expect(record.healthReason?.hasPrefix("cluster_sign_in_refused") == true)
        }
    }
}
