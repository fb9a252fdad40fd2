/// How many pods of a set may be disrupted at once.
public struct PodDisruptionBudget: Sendable, Decodable {
    /// Name, namespace, generation.
    public var metadata: ObjectMetadata
    /// Which pods, and when unhealthy ones may go.
    public var spec: Spec
    /// What the controller has counted.
    public var status: Status
    /// Whether an empty selector selects every pod of the namespace (`policy/v1`) or none (`policy/v1beta1`).
    public var emptySelectsAll = true

    /// Which pods, and when unhealthy ones may go.
    public struct Spec: Sendable, Decodable {
        /// Which pods; `nil` selects none.
        public var selector: LabelSelector?
        /// `IfHealthyBudget` or `AlwaysAllow`; `nil` is the former.
        public var unhealthyPodEvictionPolicy: String?
    }

    /// What the controller has counted.
    public struct Status: Sendable, Decodable {
        /// How many more pods may be disrupted now.
        public var disruptionsAllowed: Int?
        /// How many are healthy.
        public var currentHealthy: Int?
        /// How many must be.
        public var desiredHealthy: Int?
        /// The generation that was counted for.
        public var observedGeneration: Int?
    }

    private enum CodingKeys: CodingKey { case metadata, spec, status }

    /// Decodes a budget; `spec` and `status` may be absent.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.decode(ObjectMetadata.self, forKey: .metadata)
        spec = try container.decodeIfPresent(Spec.self, forKey: .spec) ?? Spec()
        status = try container.decodeIfPresent(Status.self, forKey: .status) ?? Status()
    }

    /// Makes a budget, for tests of rules.
    public init(
        metadata: ObjectMetadata,
        selector: LabelSelector?,
        disruptionsAllowed: Int,
        currentHealthy: Int = 0,
        desiredHealthy: Int = 0,
        unhealthyPodEvictionPolicy: String? = nil
    ) {
        self.metadata = metadata
        spec = Spec(selector: selector, unhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy)
        status = Status(
            disruptionsAllowed: disruptionsAllowed,
            currentHealthy: currentHealthy,
            desiredHealthy: desiredHealthy
        )
    }

    /// Whether it counts a pod among its own.
    public func selects(_ pod: Pod) -> Bool {
        guard let selector = spec.selector, metadata.namespace == pod.metadata.namespace else { return false }
        return selector.isEmpty ? emptySelectsAll : selector.matches(pod.metadata.labels)
    }

    /// Whether the API server would refuse the eviction of a pod it selects, by what was last counted.
    ///
    /// Source: `canIgnorePDB` and `checkAndDecrement` of the API server's eviction. A budget whose last change
    /// isn't counted yet blocks for seconds only, which is not told here.
    public func blocks(_ pod: Pod) -> Bool {
        guard let phase = pod.status.phase, !["Pending", "Succeeded", "Failed"].contains(phase),
            pod.metadata.deletedAt == nil
        else { return false }
        guard (metadata.generation ?? 0) <= (status.observedGeneration ?? .max),
            (status.disruptionsAllowed ?? 0) <= 0
        else { return false }
        let isReady = (pod.status.conditions ?? []).contains { $0.type == "Ready" && $0.status == "True" }
        if isReady { return true }
        if spec.unhealthyPodEvictionPolicy == "AlwaysAllow" { return false }
        let desired = status.desiredHealthy ?? 0
        return !(desired > 0 && (status.currentHealthy ?? 0) >= desired)
    }
}
