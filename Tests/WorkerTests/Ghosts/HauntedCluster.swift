import AWS
import Bootstrap
import Configuration
import FoundationEssentials
import Ghosts
import HTTPClient
import Jobs
import Postgres
import Store
import TestKit
import Testing

@testable import Worker

/// A customer with two clusters of a real API server and machines of moto's EC2, and the handlers over both.
struct HauntedCluster: Sendable {
    let fleet: TestFleet
    let real: RealCluster
    let proxy: NodeProxy
    let http: HTTPClient
    let moto: MotoServer
    let aws: AWSClient
    let customerID: UUID
    /// The cluster `A`, and the other one.
    let clusterID: UUID
    let otherID: UUID
    /// What the machines of `A` are tagged with, and its objects labelled with.
    let name: String
    let otherName: String
    private let access: GhostAccess

    static let image = "ami-1e749f67"
    static let windows = "ami-12c6146b"

    /// No machine is too young, no grace too short.
    static let variables = [
        "CLOUDOPTIM_ALLOW_PRIVATE_ENDPOINTS": "true", "K8S_API_TIMEOUT_SECONDS": "5",
        "K8S_API_RETRY_ATTEMPTS": "1", "GHOST_MIN_AGE_MINUTES": "0",
        "GHOST_SCAN_MIN_SPACING_MINUTES": "0", "GHOST_GRACE_HOURS": "0",
    ]

    static func with(
        _ change: (inout GhostSettings) -> Void = { _ in },
        _ body: (HauntedCluster) async throws -> Void
    ) async throws {
        try await TestFleet.with { fleet in
            let http = HTTPClient(logger: fleet.logger)
            let result: Result<Void, any Error>
            do {
                let haunted = try await make(fleet, http, change)
                do {
                    result = .success(try await body(haunted))
                } catch { result = .failure(error) }
                await haunted.remove()
            } catch { result = .failure(error) }
            await http.shutdown()
            try result.get()
        }
    }

    private static func make(
        _ fleet: TestFleet,
        _ http: HTTPClient,
        _ change: (inout GhostSettings) -> Void
    ) async throws -> HauntedCluster {
        let moto = try await MotoServer.shared()
        let proxy = try await NodeProxy.shared()
        let real = try RealCluster(http: http, prefix: "ghosts")
        let other = "\(real.name)-b"
        let customer = CustomerRecord(
            companyName: "Example",
            awsRoleARN: "arn:aws:iam::\(MotoServer.account):role/cloudoptim",
            externalID: UUID().text
        )
        let clusters = ClusterStore(pool: fleet.pool, keyring: fleet.keyring)
        var ids: [UUID] = []
        for name in [real.name, other] {
            let registration = ClusterRegistration(
                customerID: customer.id,
                name: name,
                apiEndpoint: proxy.endpoint(name),
                certificateAuthority: proxy.authority,
                token: real.administratorToken,
                tokenExpiresAt: nil,
                region: MotoServer.region
            )
            try await clusters.register(registration, with: ids.isEmpty ? customer : nil)
            ids.append(registration.id)
        }
        let sessions = try CustomerSessions(http: http, environment: moto.environment, logger: fleet.logger)
        let settings = Settings(
            reader: ConfigReader(
                provider: EnvironmentVariablesProvider(
                    environmentVariables: Self.variables
                )
            )
        )
        var ghostSettings = try GhostSettings(settings)
        change(&ghostSettings)
        let aws = try sessions.client(
            for: customer,
            region: MotoServer.region,
            purpose: .ghostTermination,
            job: "test",
            clusterTag: AWSTag("kubernetes.io/cluster/\(real.name)", "owned")
        )
        let access = GhostAccess(
            clusters: ClusterAccess(
                clusters: clusters,
                connections: try ClusterConnections(
                    clusters: clusters,
                    http: http,
                    sessions: sessions,
                    settings: settings
                )
            ),
            customers: CustomerStore(pool: fleet.pool),
            ghosts: GhostStore(pool: fleet.pool),
            steps: StepStore(pool: fleet.pool),
            sessions: sessions,
            prices: try Objects.prices(),
            queue: fleet.queue,
            settings: ghostSettings
        )
        let haunted = HauntedCluster(
            fleet: fleet,
            real: real,
            proxy: proxy,
            http: http,
            moto: moto,
            aws: aws,
            customerID: customer.id,
            clusterID: ids[0],
            otherID: ids[1],
            name: real.name,
            otherName: other,
            access: access
        )
        // Each has a node; the machine of B's carries B's tag.
        try await haunted.addNode(on: try await haunted.launch())
        try await haunted.addNode(
            on: try await haunted.launch(["kubernetes.io/cluster/\(other)": "owned"], owned: false),
            in: other
        )
        return haunted
    }

    private func remove() async {
        for label in [name, otherName] {
            for kind in ["nodes", "persistentvolumes"] {
                // The test's own error tells more.
                _ = try? await real.call("DELETE", "/api/v1/\(kind)?labelSelector=test%3D\(label)")
            }
            _ = try? await real.call(
                "DELETE",
                "/apis/storage.k8s.io/v1/storageclasses?labelSelector=test%3D\(label)"
            )
        }
    }

    var store: GhostStore { access.ghosts }

    // MARK: - Machines and nodes

    /// Launches a machine that carries the cluster's tag.
    func launch(
        _ tags: [String: String] = [:],
        owned: Bool = true,
        image: String = HauntedCluster.image
    ) async throws -> String {
        var request = EC2.RunInstances(
            instanceType: "m5.large",
            zone: "us-east-1a",
            token: IdempotencyToken(job: UUID().text, step: "test", epoch: 0)
        )
        request.imageID = image
        request.tags = tags.map { AWSTag($0.key, $0.value) }
        if owned { request.tags.append(AWSTag("kubernetes.io/cluster/\(name)", "owned")) }
        return try #require(try await aws.ec2.runInstances(request).first).id
    }

    /// Makes a node on a machine.
    func addNode(on instance: String, in label: String? = nil) async throws {
        let label = label ?? name
        try await real.call(
            "POST",
            "/api/v1/nodes",
            """
            {"metadata":{"name":"\(label)-\(instance.suffix(8))","labels":{"test":"\(label)"}},
             "spec":{"providerID":"aws:///us-east-1a/\(instance)"},
             "status":{"conditions":[{"type":"Ready","status":"False","reason":"KubeletSilent"}]}}
            """
        )
    }

    /// Calls what the library has no use for.
    @discardableResult
    func call(_ service: String, _ version: String, _ parameters: [String: String]) async throws -> String {
        var form = ["Version=\(version)"]
        for (name, value) in parameters {
            form.append("\(name)=\(value.replacing("/", with: "%2F").replacing(":", with: "%3A"))")
        }
        let scope = "AKIAANYBODY/20260101/\(MotoServer.region)/\(service)/aws4_request"
        let response = try await http.execute(
            HTTPRequest(
                method: "POST",
                url: moto.url + "/",
                headers: [
                    ("Content-Type", "application/x-www-form-urlencoded"),
                    (
                        "Authorization",
                        "AWS4-HMAC-SHA256 Credential=\(scope), SignedHeaders=host, Signature=0"
                    ),
                ],
                body: Array(form.joined(separator: "&").utf8),
                timeout: .seconds(60),
                stallTimeout: .seconds(60)
            )
        )
        let text = String(decoding: response.body, as: UTF8.self)
        guard response.status == 200 else { throw ProcessFailure(description: text) }
        return text
    }

    func state(of instance: String) async throws -> EC2.Instance.State? {
        try await aws.ec2.instances(ids: [instance]).first?.state
    }

    func tags(of instance: String) async throws -> [String: String] {
        try await aws.ec2.instances(ids: [instance]).first?.tags ?? [:]
    }

    // MARK: - Jobs

    /// Scans as one claim of a job of its own.
    @discardableResult
    func scan(of cluster: UUID? = nil, isDryRun: Bool = false) async throws -> JobReport {
        try await ScanGhostsHandler(access: access).run(
            .test(
                "scan-ghosts",
                cluster: cluster ?? clusterID,
                deadline: .now + .seconds(60),
                isDryRun: isDryRun
            )
        )
    }

    /// Scans, and must fail.
    func abort() async throws -> String {
        let error = await #expect(throws: JobFailure.self) { _ = try await scan() }
        return try #require(error).code
    }

    /// Runs a termination as one claim of a job.
    @discardableResult
    func terminate(
        _ instance: String,
        job: UUID = .version7(),
        fence: Int64 = 1,
        isDryRun: Bool = false
    ) async throws -> JobReport {
        try await TerminateGhostHandler(access: access, look: .milliseconds(200)).run(
            .test(
                "terminate-ghost",
                cluster: clusterID,
                parameters: #"{"instance_id":"\#(instance)"}"#,
                deadline: .now + .seconds(60),
                id: job,
                fence: fence,
                isDryRun: isDryRun
            )
        )
    }

    /// A ghost that is flagged, with its grace over.
    func dueGhost(_ tags: [String: String] = [:]) async throws -> String {
        let id = try await launch(tags)
        try await scan()
        try await scan()
        #expect(try await ghost(id)?.status == .flagged)
        return id
    }

    func ghost(_ instance: String) async throws -> GhostRecord? {
        try await store.open(instance, of: customerID)
    }

    /// What people heard of, first first.
    func events() async throws -> [GhostEvent.Kind] {
        try await store.events(of: customerID, limit: 100).map(\.kind).reversed()
    }

    /// The jobs that scans had made.
    func submitted() async throws -> Int {
        let rows = try await fleet.pool.query(
            "SELECT count(*)::bigint AS n FROM jobs WHERE type = 'terminate-ghost'"
        )
        return Int(try rows.first?.decode("n", as: Int64.self) ?? -1)
    }
}

extension EC2.RunInstances {
    init(instanceType: String, zone: String, token: IdempotencyToken) {
        self.init(instanceType: instanceType, market: .onDemand, token: token)
        self.zone = zone
    }
}
