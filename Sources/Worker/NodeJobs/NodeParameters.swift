import Jobs
import Kubernetes
import Store

/// The parameters of `cordon-node` and `uncordon-node`.
struct NodeParameters: Decodable {
    let nodeName: String

    enum CodingKeys: String, CodingKey {
        case nodeName = "node_name"
    }
}

extension ClusterAccess {
    /// What an error means for a job about one node, see ``failure(_:of:manifest:)``.
    func failure(_ error: KubernetesError, of cluster: ClusterRecord, node: String) async throws -> JobFailure
    {
        // Also a 404 is only believed if it is about the node, and not about the path.
        if error.code == .notFound, error.details?.name == node { return .noSuchNode(node) }
        return try await failure(error, of: cluster.id, manifest: "drain.yaml")
    }
}

extension JobFailure {
    /// The cluster has no node of the name.
    static func noSuchNode(_ name: String) -> JobFailure {
        JobFailure(code: "node_not_found", message: "the cluster has no node \(name)", isRetryable: false)
    }
}
