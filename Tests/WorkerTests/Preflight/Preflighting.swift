import Bootstrap
import Configuration
import FoundationEssentials
import HTTPClient
import Jobs
import Preflight
import Store
import TestKit

@testable import Worker

/// The handler of preflight with a registered cluster.
struct Preflighting: Sendable {
    let fleet: TestFleet
    let handler: PreflightHandler
    let id: UUID

    /// Runs the body with a cluster that is registered, and a customer with the role and queue given.
    static func with(
        _ endpoint: (url: String, authority: String, token: String),
        aws: [String: String] = [:],
        role: String? = nil,
        queue: String? = nil,
        externalID: String = "customer-7",
        launchTemplate: String? = nil,
        _ body: (Preflighting) async throws -> Void
    ) async throws {
        try await TestFleet.with { fleet in
            let http = HTTPClient(logger: fleet.logger)
            let result: Result<Void, any Error>
            do {
                let customer = CustomerRecord(
                    companyName: "Example",
                    awsRoleARN: role,
                    sqsQueueURL: queue,
                    awsAccountID: MotoServer.account,
                    externalID: externalID
                )
                let access = try Collecting.access(fleet, http, ["K8S_API_TIMEOUT_SECONDS": "20"])
                let registration = ClusterRegistration(
                    customerID: customer.id,
                    name: "shop",
                    apiEndpoint: endpoint.url,
                    certificateAuthority: endpoint.authority,
                    token: endpoint.token,
                    tokenExpiresAt: nil,
                    region: "us-east-1",
                    launchTemplateID: launchTemplate
                )
                try await access.clusters.register(registration, with: customer)
                let handler = PreflightHandler(
                    access: access,
                    customers: CustomerStore(pool: fleet.pool),
                    sessions: try CustomerSessions(http: http, environment: aws, logger: fleet.logger),
                    store: PreflightStore(pool: fleet.pool)
                )
                let preflighting = Preflighting(fleet: fleet, handler: handler, id: registration.id)
                result = .success(try await body(preflighting))
            } catch {
                result = .failure(error)
            }
            await http.shutdown()
            try result.get()
        }
    }

    /// Runs the job, and reads what it kept.
    func report() async throws -> PreflightReport {
        let outcome = try await handler.run(
            .test("preflight", cluster: id, deadline: .now + .seconds(100))
        )
        guard let record = try await handler.store.latest(of: id) else {
            throw ProcessFailure(description: "no report was kept: \(outcome.logs)")
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(PreflightReport.self, from: Data(record.report))
    }
}

extension PreflightReport {
    func check(_ id: String) -> Check? { checks.first { $0.id == id } }

    func answers(_ prefix: String) -> [String: CheckAnswer] {
        let found = checks.filter { $0.id.hasPrefix(prefix) }.map { ($0.id, $0.answer) }
        return Dictionary(found) { first, _ in first }
    }

    func possibility(_ type: JobType) -> JobTypeVerdict.Possibility? {
        jobTypes.first { $0.type == type.rawValue }?.possibility
    }
}
