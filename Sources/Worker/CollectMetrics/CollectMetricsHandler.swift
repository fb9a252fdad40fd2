import Bootstrap
import FoundationEssentials
import Jobs
import Kubernetes
import Logging
import Optimizer
import Store

/// `collect-metrics`: reads nodes, pods and their use from a cluster's API, and keeps a sample.
struct CollectMetricsHandler: JobHandler {
    let clusters: ClusterStore
    let metrics: MetricsStore
    let connections: ClusterConnections
    let prices: PriceTable

    private var access: ClusterAccess { ClusterAccess(clusters: clusters, connections: connections) }

    func run(_ context: JobContext) async throws -> JobReport {
        let (cluster, client) = try await access.open(context)
        let id = cluster.id
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
        let failure = try await access.failure(error, of: id, manifest: "observe.yaml")
        if error.code != .unauthorized {
            try await clusters.unhealthy(id, health: .red, reason: "\(failure.code): \(error.message)")
        }
        return failure
    }
}
