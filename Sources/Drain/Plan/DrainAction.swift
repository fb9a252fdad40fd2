public import Kubernetes

/// What a ``DrainPlan`` wants done now.
public enum DrainAction: Sendable, Hashable {
    /// Ask for the eviction of a pod; `nil` seconds is its own time to stop.
    case evict(PodReference, graceSeconds: Int?)
    /// Delete a pod in spite of its budgets; at least a second.
    case delete(PodReference, graceSeconds: Int)
    /// List the node's pods.
    case list(ReadConsistency)

    /// Whether it changes the cluster.
    public var isMutation: Bool {
        switch self {
        case .evict, .delete: true
        case .list: false
        }
    }
}

/// One pod as a list shows it.
public struct PodSighting: Sendable, Hashable {
    /// What would be done with it, were it new.
    public var classified: ClassifiedPod
    /// Whether it is stopping.
    public var isTerminating: Bool
    /// When its time to stop ends, counted from the drain's start.
    public var dueAt: Duration?
    /// Who must still agree to its deletion.
    public var finalizers: [String]

    /// Makes a sighting.
    public init(
        _ classified: ClassifiedPod,
        isTerminating: Bool = false,
        dueAt: Duration? = nil,
        finalizers: [String] = []
    ) {
        self.classified = classified
        self.isTerminating = isTerminating
        self.dueAt = dueAt
        self.finalizers = finalizers
    }
}
