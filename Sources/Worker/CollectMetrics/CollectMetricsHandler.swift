import Bootstrap
import FoundationEssentials
import Jobs
import Kubernetes
import Logging
import Optimizer
import Store

/// `collect-metrics`: reads nodes, pods and their use from a cluster's API, and keeps a sample.
struct CollectMetricsHandler: JobHandler {
    /// Kept free at the end of the deadline to record what happened: two seconds, or a quarter of a short time.
    private static func margin(of remaining: Duration) -> Duration { min(.seconds(2), remaining / 4) }

    let clusters: ClusterStore
    let metrics: MetricsStore
    let connections: ClusterConnections
    let prices: PriceTable

    func run(_ context: JobContext) async throws -> JobReport {
        guard let id = context.job.clusterID, let cluster = try await clusters.find(id) else {
            throw JobFailure(
                code: "cluster_gone",
                message: "the cluster is not registered any more",
                isRetryable: false
            )
        }
        guard var client = try await connections.client(for: id) else {
            throw JobFailure(
                code: "cluster_gone",
                message: "the cluster is not registered any more",
                isRetryable: false
            )
        }
        if let deadline = context.deadline {
            client = client.until(deadline - Self.margin(of: deadline - .now))
        }
        var warnings: [String] = []
        var survey = ClusterSurvey(region: cluster.region, prices: prices)
        do {
            try await read(client, into: &survey, warnings: &warnings)
        } catch let error as KubernetesError {
            throw try await failure(error, of: id)
        }
        if let expiry = cluster.tokenExpiresAt, expiry.timeIntervalSinceNow < 14 * 86_400 {
            warnings.append(
                "the cluster's token ends in \(max(0, Int(expiry.timeIntervalSinceNow / 86_400))) days"
            )
        }
        return try await keep(survey, of: id, context, warnings: warnings)
    }

    private func read(
        _ client: KubernetesClient,
        into survey: inout ClusterSurvey,
        warnings: inout [String]
    ) async throws {
        survey.saw(try await client.listNodes())
        // Page by page: a large cluster is never held whole.
        var seen = survey
        try await client.forEachPodPage(onRestart: { seen.forgetPods() }, { seen.saw($0) })
        survey = seen
        let (metrics, warning) = try await use(client)
        if let metrics { survey.saw(metrics) }
        if let warning { warnings.append(warning) }
    }

    /// What the nodes use; without a metrics-server a warning, not a failure.
    private func use(_ client: KubernetesClient) async throws -> (metrics: [NodeMetrics]?, warning: String?) {
        do {
            return (try await client.nodeMetrics(), nil)
        } catch {
            guard error.code == .metricsUnavailable || error.code == .forbidden else { throw error }
            return (nil, "no use is known, only requests: \(error.message)")
        }
    }

    private func keep(
        _ survey: ClusterSurvey,
        of id: UUID,
        _ context: JobContext,
        warnings: [String]
    ) async throws -> JobReport {
        let sample = try ClusterSample(survey, clusterID: id, jobID: context.job.id, at: context.startedAt)
        let isNew = try await metrics.keep(sample)
        var logs = ["\(survey.nodes.count) nodes, \(survey.podCount) pods, health \(sample.health.rawValue)"]
        if let reason = sample.healthReason { logs.append(reason) }
        if !isNew { logs.append("this job had left its sample before") }
        if sample.unpricedNodes > 0 { logs.append("the price of \(sample.unpricedNodes) nodes is unknown") }
        logs += warnings.map { "warning: \($0)" }
        return JobReport(
            logs: logs,
            metadata: .object([
                "nodes": .integer(Int64(survey.nodes.count)),
                "pods": .integer(Int64(survey.podCount)),
                "health": .string(sample.health.rawValue),
                "warnings": .array(warnings.map(JSONValue.string)),
                "metrics": try details(of: sample, for: context.job),
            ])
        )
    }

    /// The metrics in the outcome: whole for whoever asked; without the nodes for the clock, whose outcomes are many
    /// and whose nodes are kept with the cluster.
    private func details(of sample: ClusterSample, for job: JobRecord) throws -> JSONValue {
        let metrics = try JSONValue(parsing: sample.metrics)
        guard job.isScheduled, case .object(var members) = metrics else { return metrics }
        members["nodes"] = nil
        return .object(members)
    }

    /// Notes what an error says of the cluster, and says it in the outcome.
    private func failure(_ error: KubernetesError, of id: UUID) async throws -> JobFailure {
        let code = Self.code(of: error)
        switch error.code {
        case .unauthorized:
            try await clusters.credentialRefused(id, reason: "the API server refused the token (401)")
        case .cancelled: throw CancellationError()
        default: try await clusters.unhealthy(id, health: .red, reason: "\(code): \(error.message)")
        }
        return JobFailure(code: code, message: Self.message(of: error), isRetryable: error.isRetryable)
    }

    /// What the server said, and what to do about it.
    static func message(of error: KubernetesError) -> String {
        switch error.code {
        case .unauthorized:
            "the API server refused the token (401): set a new k8s_token with PUT /api/v1/admin/clusters/{id}"
        case .untrustedCertificate:
            "the API server's certificate is not trusted by the registered k8s_ca_data: \(error.message)"
        case .forbidden:
            "the token may not do this; apply the observe manifest of ops/rbac: \(error.message)"
        case .addressRefused:
            "the endpoint leads to an address that is not allowed: \(error.message)"
        default: error.message
        }
    }

    static func code(of error: KubernetesError) -> String {
        switch error.code {
        case .unauthorized: "credential_expired"
        case .forbidden: "cluster_forbidden"
        case .unreachable: "cluster_unreachable"
        case .timedOut: "cluster_timed_out"
        case .untrustedCertificate: "cluster_untrusted_certificate"
        case .addressRefused: "cluster_address_refused"
        case .invalidEndpoint: "cluster_endpoint_invalid"
        case .tooManyRequests: "cluster_throttled"
        case .serverError: "cluster_error"
        case .notFound, .gone, .conflict, .metricsUnavailable, .invalidResponse, .rejected, .cancelled:
            "cluster_answer_invalid"
        }
    }
}
