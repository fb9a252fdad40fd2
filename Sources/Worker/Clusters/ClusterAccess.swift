import Bootstrap
import FoundationEssentials
import Jobs
import Kubernetes
import Store

/// The way from a job to the cluster it is about, and from the cluster's errors to the job's.
struct ClusterAccess: Sendable {
    let clusters: ClusterStore
    let connections: ClusterConnections

    /// The cluster of a job, with a client whose calls end a little before the job's deadline.
    ///
    /// - Throws: `JobFailure` with `cluster_gone`; what the database throws.
    func open(_ context: JobContext) async throws -> (cluster: ClusterRecord, client: KubernetesClient) {
        guard let id = context.job.clusterID, let cluster = try await clusters.find(id),
            let client = try await connections.client(for: id)
        else {
            throw JobFailure(
                code: "cluster_gone",
                message: "the cluster is not registered any more",
                isRetryable: false
            )
        }
        guard let deadline = context.deadline else { return (cluster, client) }
        return (cluster, client.until(deadline - Self.margin(of: deadline - .now)))
    }

    /// Kept free at the end of the deadline to record what happened: two seconds, or a quarter of a short time.
    private static func margin(of remaining: Duration) -> Duration { min(.seconds(2), remaining / 4) }

    /// What a cluster's error means for a job; a refused token is noted with the cluster.
    ///
    /// - Parameters:
    ///   - error: What a call threw.
    ///   - id: The cluster.
    ///   - manifest: The file of `ops/rbac` that allows what was tried.
    /// - Returns: The failure to throw.
    /// - Throws: `CancellationError` if the call was cut off; what the database throws.
    func failure(_ error: KubernetesError, of id: UUID, manifest: String) async throws -> JobFailure {
        switch error.code {
        case .cancelled: throw CancellationError()
        case .unauthorized:
            try await clusters.credentialRefused(id, reason: "the API server refused the token (401)")
        default: break
        }
        return ClusterFailure.failure(error, manifest: manifest)
    }
}
