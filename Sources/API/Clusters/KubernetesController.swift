import Bootstrap
import FoundationEssentials
import Hummingbird
import Jobs
import Kubernetes
import Store

/// `/k8s/{cluster_id}`: a live look at a cluster.
struct KubernetesController {
    /// A client waits for this: shorter than what a job may take.
    private static let limit: Duration = .seconds(15)

    let clusters: ClusterStore
    let connections: ClusterConnections
    let queue: JobQueue
    let waits: OutcomeWaits

    func add(to routes: Routes) {
        routes.get("k8s/:id/nodes", needs: .read, nodes)
        routes.get("k8s/:id/pods", needs: .read, pods)
        routes.get("k8s/:id/metrics", needs: .read, metrics)
    }

    private struct NodeBody: Encodable {
        let nodeName: String
        @Nullable var instanceId: String?
        @Nullable var instanceType: String?
        @Nullable var availabilityZone: String?
        let nodeType: String
        let status: String
        let schedulable: Bool
        let cpu: Double
        let memoryGb: Double
    }

    private func nodes(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        let client = try await client(context, caller)
        let nodes = try await answered { try await client.listNodes() }
        let bodies = nodes.map(NodeFacts.init).map { facts in
            NodeBody(
                nodeName: facts.name,
                instanceId: facts.instanceID,
                instanceType: facts.instanceType,
                availabilityZone: facts.zone,
                nodeType: facts.capacityType.rawValue,
                status: facts.isReady ? "Ready" : "NotReady",
                schedulable: !facts.isUnschedulable,
                cpu: Double(facts.allocatable.cpu.milli) / 1000,
                memoryGb: Double(facts.allocatable.memory.wholeUnitsRoundedUp) / 1_073_741_824
            )
        }
        return try JSONWire.response(["nodes": bodies])
    }

    private struct PodBody: Encodable {
        let podName: String
        let namespace: String
        @Nullable var node: String?
        @Nullable var status: String?

        init(_ pod: Pod) {
            podName = pod.metadata.name
            namespace = pod.metadata.namespace
            node = pod.spec.nodeName
            status = pod.metadata.deletedAt == nil ? pod.status.phase : "Terminating"
        }
    }

    private struct PodsBody: Encodable {
        let pods: [PodBody]
        /// Pods there are beyond those shown.
        let omitted: Int
    }

    private func pods(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        let limit = try request.query("limit", in: 1...20_000, default: 2000)
        var selector = PodSelector(namespace: request.query("namespace"))
        if let node = request.query("node") {
            guard node.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") })
            else {
                throw APIError.invalid("node", "must be a node's name")
            }
            selector.fieldSelector = PodSelector.onNode(node).fieldSelector
        }
        let client = try await client(context, caller)
        var shown: [PodBody] = []
        var omitted = 0
        try await answered {
            try await client.forEachPodPage(selector) {
                shown = []
                omitted = 0
            } _: { page in
                let fitting = page.prefix(limit - shown.count)
                shown += fitting.map(PodBody.init)
                omitted += page.count - fitting.count
            }
        }
        return try JSONWire.response(PodsBody(pods: shown, omitted: omitted))
    }

    /// The last ClusterMetrics; for a cluster that was never looked at, a job looks now.
    private func metrics(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response
    {
        let id = try context.pathID("cluster")
        var cluster = try await clusters.visible(id, to: caller)
        if cluster.latestMetrics == nil {
            var submission = JobSubmission(
                type: JobType.collectMetrics.rawValue,
                clusterID: id,
                customerID: cluster.customerID,
                submittedBy: caller.name
            )
            submission.traceparent = context.traceparent
            if case .accepted(let job) = try await queue.submit(submission) {
                await waits.wait(for: job.id, atMost: Self.limit)
            }
            cluster = try await clusters.visible(id, to: caller)
        }
        guard let bytes = cluster.latestMetrics else {
            throw APIError.unavailable("no metrics of this cluster were collected yet")
        }
        return try JSONWire.response(try JSONValue(parsing: bytes))
    }

    private func client(_ context: APIContext, _ caller: Caller) async throws -> KubernetesClient {
        let cluster = try await clusters.visible(try context.pathID("cluster"), to: caller)
        guard let client = try await connections.client(for: cluster.id) else {
            throw APIError.notFound("cluster")
        }
        return client.until(ContinuousClock.now + Self.limit)
    }

    private func answered<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as KubernetesError {
            throw APIError.unavailable(
                "the cluster's API does not answer as it should: \(error.message)",
                details: ["cluster_error": .string(error.code.rawValue)]
            )
        }
    }
}
