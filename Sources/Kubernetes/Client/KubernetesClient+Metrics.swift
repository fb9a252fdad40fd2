extension KubernetesClient {
    /// What the nodes use right now.
    ///
    /// A node may be missing, for example a fresh one: that is not zero.
    ///
    /// - Throws: ``KubernetesError/Code/metricsUnavailable`` if the cluster has no working metrics-server.
    public func nodeMetrics() async throws(KubernetesError) -> [NodeMetrics] {
        try await metrics("/apis/metrics.k8s.io/v1beta1/nodes")
    }

    /// What the containers of every pod use right now.
    ///
    /// - Throws: ``KubernetesError/Code/metricsUnavailable`` if the cluster has no working metrics-server.
    public func podMetrics() async throws(KubernetesError) -> [PodMetrics] {
        try await metrics("/apis/metrics.k8s.io/v1beta1/pods")
    }

    /// metrics-server ignores paging.
    ///
    /// Its absence shows as 404 (no such API group) or 503 (registered, but not
    /// answering), and waiting for it is of no use.
    private func metrics<Item: Decodable & Sendable>(_ path: String) async throws(KubernetesError) -> [Item] {
        do throws(KubernetesError) {
            let body = try await get(path, isFinal: { $0.status == 503 })
            return try await Self.decode(ListPage<Item>.self, from: body).items
        } catch {
            guard error.code == .notFound || error.status == 503 else { throw error }
            throw KubernetesError(
                .metricsUnavailable,
                "the cluster has no working metrics-server: \(error.message)",
                status: error.status,
                reason: error.reason
            )
        }
    }
}
