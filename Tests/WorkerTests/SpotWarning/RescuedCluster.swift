import AWS
import Bootstrap
import Configuration
import Drain
import FoundationEssentials
import HTTPClient
import Jobs
import Kubernetes
import Store
import TestKit

@testable import Worker

/// A real API server and moto's EC2, with a node on a spot instance, and the handler over both.
struct RescuedCluster: Sendable {
    let fleet: TestFleet
    let cluster: RealCluster
    let ec2: EC2
    var handler: SpotWarningHandler
    let customerID: UUID
    let clusterID: UUID
    let instanceID: String
    let node: String
    private var proxy: EC2Proxy?

    /// - Parameters:
    ///   - behaviour: What moto is to do beside its own.
    ///   - body: Gets a node without pods.
    /// - Throws: What the body throws.
    static func with(
        _ behaviour: EC2Proxy.Behaviour? = nil,
        _ body: (RescuedCluster) async throws -> Void
    ) async throws {
        try await TestFleet.with { fleet in
            let http = HTTPClient(logger: fleet.logger)
            let moto = try await MotoServer.shared()
            let cluster = try RealCluster(http: http)
            try await cluster.call("POST", "/api/v1/namespaces", #"{"metadata":{"name":"\#(cluster.name)"}}"#)
            let result: Result<Void, any Error>
            do {
                var rescued = try await make(fleet, http, moto, cluster)
                if let behaviour {
                    try rescued.put(EC2Proxy(before: moto.url, behaviour), before: moto, http)
                }
                result = .success(try await body(rescued))
            } catch { result = .failure(error) }
            for path in ["/api/v1/nodes/\(cluster.name)", "/api/v1/namespaces/\(cluster.name)"] {
                _ = try? await cluster.call("DELETE", path)  // the test's own error tells more
            }
            await http.shutdown()
            try result.get()
        }
    }

    private mutating func put(_ proxy: EC2Proxy, before moto: MotoServer, _ http: HTTPClient) throws {
        self.proxy = proxy
        handler.sessions = try CustomerSessions(
            http: http,
            environment: moto.environment.merging(["AWS_ENDPOINT_URL": proxy.url]) { $1 },
            logger: fleet.logger
        )
    }

    private static func make(
        _ fleet: TestFleet,
        _ http: HTTPClient,
        _ moto: MotoServer,
        _ cluster: RealCluster
    ) async throws -> RescuedCluster {
        let sessions = try CustomerSessions(http: http, environment: moto.environment, logger: fleet.logger)
        let clusters = ClusterStore(pool: fleet.pool, keyring: fleet.keyring)
        let settings = Settings(
            reader: ConfigReader(
                provider: EnvironmentVariablesProvider(
                    environmentVariables: ["CLOUDOPTIM_ALLOW_PRIVATE_ENDPOINTS": "true"]
                )
            )
        )
        let customer = CustomerRecord(
            companyName: "Example",
            email: nil,
            awsRoleARN: "arn:aws:iam::\(MotoServer.account):role/cloudoptim",
            sqsQueueURL: nil,
            awsAccountID: nil,
            externalID: UUID().text
        )
        let ec2 = try sessions.client(
            for: customer,
            region: "us-east-1",
            purpose: .interruptionHandling,
            job: "test",
            clusterTag: AWSTag("kubernetes.io/cluster/shop", "owned")
        ).ec2
        let (instance, template) = try await Self.machine(ec2, http, moto)
        let registration = ClusterRegistration(
            customerID: customer.id,
            name: "shop",
            apiEndpoint: cluster.endpoint,
            certificateAuthority: cluster.authority,
            token: cluster.administratorToken,
            tokenExpiresAt: nil,
            region: "us-east-1",
            launchTemplateID: template
        )
        try await clusters.register(registration, with: customer)
        try await Self.addNode(cluster, instance)
        return RescuedCluster(
            fleet: fleet,
            cluster: cluster,
            ec2: ec2,
            handler: SpotWarningHandler(
                clusters: clusters,
                customers: CustomerStore(pool: fleet.pool),
                records: SpotEventStore(pool: fleet.pool),
                offerings: OfferingStore(pool: fleet.pool),
                stepStore: StepStore(pool: fleet.pool),
                connections: try ClusterConnections(
                    clusters: clusters,
                    http: http,
                    sessions: sessions,
                    settings: settings
                ),
                sessions: sessions,
                paces: ClusterPaces(),
                types: InstanceTypes(),
                queue: fleet.queue
            ),
            customerID: customer.id,
            clusterID: registration.id,
            instanceID: instance.id,
            node: cluster.name
        )
    }

    private static func machine(
        _ ec2: EC2,
        _ http: HTTPClient,
        _ moto: MotoServer
    ) async throws -> (EC2.Instance, template: String) {
        // Not in the library: nobody but a test makes templates.
        let answer = try await http.execute(
            HTTPRequest(
                method: "POST",
                url: moto.url + "/",
                headers: [
                    ("Content-Type", "application/x-www-form-urlencoded"),
                    (
                        "Authorization",
                        "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0"
                    ),
                ],
                body: Array(
                    """
                    Action=CreateLaunchTemplate&Version=2016-11-15&LaunchTemplateName=nodes-\(UUID().text)\
                    &LaunchTemplateData.ImageId=ami-12c6146b&LaunchTemplateData.InstanceType=m5.large
                    """.utf8
                ),
                timeout: .seconds(60),
                stallTimeout: .seconds(60)
            )
        )
        let text = String(decoding: answer.body, as: UTF8.self)
        guard let start = text.firstRange(of: "<launchTemplateId>"),
            let end = text.firstRange(of: "</launchTemplateId>")
        else { throw ProcessFailure(description: "no launch template: \(text.prefix(500))") }
        let template = String(text[start.upperBound..<end.lowerBound])
        let subnet = try await ec2.subnets(filters: [.init("availability-zone", ["us-east-1a"])]).collect()
            .first
        var request = EC2.RunInstances(
            template: EC2.LaunchTemplate(id: template),
            subnetID: subnet?.id,
            market: .spot,
            token: IdempotencyToken(job: "test", step: "node", epoch: 0)
        )
        request.tags = [AWSTag("kubernetes.io/cluster/shop", "owned"), AWSTag("team", "shop")]
        guard let instance = try await ec2.runInstances(request).first else {
            throw ProcessFailure(description: "no instance")
        }
        return (instance, template)
    }

    private static func addNode(_ cluster: RealCluster, _ instance: EC2.Instance) async throws {
        try await cluster.call(
            "POST",
            "/api/v1/nodes",
            """
            {"metadata":{"name":"\(cluster.name)","labels":{"own":"\(cluster.name)",
              "node.kubernetes.io/instance-type":"m5.large","topology.kubernetes.io/zone":"us-east-1a"}},
             "spec":{"providerID":"\(instance.providerID ?? "")"},
             "status":{"capacity":{"cpu":"16","memory":"64Gi","pods":"110"},
               "allocatable":{"cpu":"16","memory":"64Gi","pods":"110"},
               "conditions":[{"type":"Ready","status":"True","reason":"KubeletReady"}]}}
            """
        )
    }

    /// Pods of a replica set that can only run on the node.
    func addPods(_ count: Int) async throws {
        let template = """
            {"metadata":{"labels":{"app":"web"},"annotations":{"kube.sim/stop-seconds":"0"}},
             "spec":{"nodeSelector":{"own":"\(node)"},"terminationGracePeriodSeconds":5,
               "containers":[{"name":"c","image":"i"}]}}
            """
        try await cluster.call(
            "POST",
            "/apis/apps/v1/namespaces/\(cluster.name)/replicasets",
            """
            {"metadata":{"name":"web"},"spec":{"replicas":\(count),"selector":{"matchLabels":{"app":"web"}},
              "template":\(template)}}
            """
        )
        try await eventually(within: .seconds(30), "\(count) pods") { try await pods() == count }
    }

    /// How many pods of the test are on the node.
    func pods() async throws -> Int {
        let list = try await cluster.call(
            "GET",
            "/api/v1/namespaces/\(cluster.name)/pods?fieldSelector=spec.nodeName%3D\(node)"
        )
        guard case .array(let items)? = list.members?["items"] else { return -1 }
        return items.count
    }

    /// A warning of now.
    func warning(action: String = "terminate", at time: Date = Date()) -> JobRecord {
        JobRecord(
            id: .version7(),
            type: "handle-spot-warning",
            queue: "handle-spot-warning",
            customerID: customerID,
            parameters: Array(
                #"{"instance_id":"\#(instanceID)","action":"\#(action)","event_time":"\#(time.rfc3339)"}"#
                    .utf8
            ),
            priority: 1,
            deadline: time.addingTimeInterval(120),
            runAt: time,
            maxAttempts: 3,
            submittedAt: time,
            submittedBy: "test"
        )
    }

    /// Runs a job under a claim of its own.
    func run(_ job: JobRecord, fence: Int64 = 1) async throws -> JobReport {
        try await handler.run(
            JobContext(
                job: job,
                attempt: 1,
                fence: fence,
                deadline: .now + .seconds(110),
                logger: fleet.logger
            )
        )
    }

    /// A job that sees to the end of an interruption, once the machine was started.
    func settlement(of interruption: UUID) throws -> JobRecord {
        JobRecord(
            id: .version7(),
            type: "settle-interruption",
            queue: "settle-interruption",
            clusterID: clusterID,
            customerID: customerID,
            parameters: Array(
                #"{"interruption":"\#(interruption.text)","machine_started":true}"#.utf8
            ),
            priority: 4,
            runAt: Date(),
            maxAttempts: 3,
            submittedAt: Date(),
            submittedBy: "test"
        )
    }

    func settle(_ job: JobRecord) async throws -> JobReport {
        let handler = SettleInterruptionHandler(
            clusters: handler.clusters,
            customers: handler.customers,
            records: handler.records,
            offerings: handler.offerings,
            stepStore: handler.stepStore,
            journal: fleet.queue.journal,
            connections: handler.connections,
            sessions: handler.sessions,
            look: .milliseconds(100)
        )
        let deadline = ContinuousClock.now + .seconds(110)
        var fence: Int64 = 0
        while true {
            fence += 1
            let context = JobContext(
                job: job,
                attempt: 1,
                fence: fence,
                deadline: deadline,
                logger: fleet.logger
            )
            do {
                return try await handler.run(context)
            } catch let postponement as JobPostponement {
                guard ContinuousClock.now < deadline else {
                    throw ProcessFailure(description: postponement.reason)
                }
                try await Task.sleep(for: postponement.duration)
            }
        }
    }

    func isHeld(by job: UUID) async throws -> Bool {
        let node = try await cluster.client.node(node)
        return NodeHold.holder(of: node) == job.text && node.spec.unschedulable == true
    }

    func hold(for job: UUID) async throws {
        try await NodeCordon(cluster.client).hold(node, jobID: job.text)
    }

    /// The machines that were launched in the place of the test's.
    func replacements() async throws -> [EC2.Instance] {
        try await ec2.instances(filters: [.tag("cloudoptim.io/replaces", instanceID)]).collect()
    }
}
