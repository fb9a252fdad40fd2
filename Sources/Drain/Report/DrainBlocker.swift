public import Kubernetes

/// Why a node is not drained.
public struct DrainBlocker: Error, Sendable, Hashable, Codable, CustomStringConvertible {
    /// What kind of reason.
    public enum Kind: String, Sendable, CaseIterable, Codable {
        /// The pod or node asks to be left alone.
        case optOut = "opt_out"
        /// No controller will replace the pod.
        case unreplicated
        /// The pod's DaemonSet is gone.
        case orphaned
        /// The pod keeps data in an `emptyDir`.
        case localStorage = "local_storage"
        /// A disruption budget does not allow it.
        case budget
        /// More than one disruption budget selects the pod.
        case severalBudgets = "several_budgets"
        /// Another job holds the node.
        case held
        /// The server refuses the pod's eviction for good.
        case refused
        /// The pod's eviction got no useful answer.
        case unanswered
        /// The pod was asked to stop, and still runs or is held by a finalizer.
        case hanging
        /// There was no time left to ask.
        case notReached = "not_reached"
    }

    /// What kind of reason.
    public var kind: Kind
    /// The pod; `nil` if the node itself is meant.
    public var pod: PodReference?
    /// The budgets concerned, as in `shop/web`.
    public var budgets: [String]
    /// A clause for people, as in `has no controller: nothing will replace it`.
    public var message: String

    /// Makes a blocker.
    public init(_ kind: Kind, pod: PodReference? = nil, budgets: [String] = [], _ message: String) {
        self.kind = kind
        self.pod = pod
        self.budgets = budgets
        self.message = message
    }

    /// A sentence which names the pod and its budgets.
    public var description: String {
        let subject = pod.map { "pod \($0)" } ?? "the node"
        let named =
            switch budgets.count {
            case 0: ""
            case 1: " (PodDisruptionBudget \(budgets[0]))"
            default: " (PodDisruptionBudgets \(budgets.joined(separator: ", ")))"
            }
        return "\(subject)\(named): \(message)"
    }
}
