/// An autoscaler of pods, as far as it is used here.
public struct HorizontalPodAutoscaler: Sendable, Decodable {
    /// Name and namespace.
    public var metadata: ObjectMetadata
    /// What is wanted of it.
    public var spec: Spec

    /// What is wanted of an autoscaler.
    public struct Spec: Hashable, Sendable, Decodable {
        /// What it scales.
        public var scaleTargetRef: Target
        /// The fewest replicas; the server's default is one.
        public var minReplicas: Int?
        /// The most replicas.
        public var maxReplicas: Int
    }

    /// What an autoscaler scales.
    public struct Target: Hashable, Sendable, Decodable {
        /// As in `apps/v1`; older objects may have another version, or none.
        public var apiVersion: String?
        /// As in `Deployment`.
        public var kind: String
        /// The name.
        public var name: String
    }

    /// Whether it scales a workload of its namespace.
    public func scales(_ workload: WorkloadReference) -> Bool {
        // The version is no matter: `extensions/v1beta1` named the same objects.
        let kind =
            switch workload.kind {
            case .deployment: "Deployment"
            case .statefulSet: "StatefulSet"
            }
        return metadata.namespace == workload.namespace && spec.scaleTargetRef.kind == kind
            && spec.scaleTargetRef.name == workload.name
    }
}

extension KubernetesClient {
    /// Every autoscaler of a namespace.
    ///
    /// Asks for `autoscaling/v1`, which every server knows.
    public func horizontalPodAutoscalers(
        namespace: String
    ) async throws(KubernetesError) -> [HorizontalPodAutoscaler] {
        try await list("/apis/autoscaling/v1/namespaces/\(namespace.percentEncoded)/horizontalpodautoscalers")
    }
}
