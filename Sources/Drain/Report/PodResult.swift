public import FoundationEssentials
public import Kubernetes

/// What became of one pod.
public struct PodResult: Sendable, Hashable, Codable {
    /// What became of it.
    public enum Outcome: String, Sendable, CaseIterable, Codable {
        /// Not decided yet: only in ``DrainProgress``.
        case pending
        /// It was evicted, and is gone.
        case evicted
        /// It was deleted in spite of its budgets, and is gone.
        case forced
        /// It still is on the node. Whether it was asked to stop is told by ``PodResult/askedAt``.
        case lost
        /// It was not touched.
        case skipped
    }

    /// Why a pod is lost or was skipped.
    public enum Reason: String, Sendable, CaseIterable, Codable {
        /// A static pod, which only its kubelet can stop.
        case mirror
        /// A DaemonSet's, which would be started again at once.
        case daemonSet = "daemon_set"
        /// It has run to its end.
        case finished
        /// Somebody else stopped it.
        case alreadyTerminating = "already_terminating"
        /// Critical pods are left to the end of the node.
        case critical
        /// It was asked to stop, and still runs or is held by a finalizer.
        case hanging
        /// Its budgets did not allow it.
        case budget
        /// The server refused for good.
        case refused
        /// The server gave no useful answer.
        case unanswered
        /// There was no time left to ask.
        case notReached = "not_reached"
        /// The drain was given up and rolled back before its turn.
        case rolledBack = "rolled_back"
    }

    /// The pod.
    public var pod: PodReference
    /// What became of it.
    public var outcome: Outcome
    /// Why, if it is lost or was skipped.
    public var reason: Reason?
    /// The budgets which were in the way, as in `shop/web`.
    public var budgets: [String]
    /// What the server said last, or which finalizers hold the pod.
    public var message: String?
    /// When the pod was asked to stop, that is, when its deletion was accepted.
    public var askedAt: Date?
    /// The time it was given to stop; `nil` if that was its own.
    public var gracePeriodSeconds: Int?
    /// Whether it was deleted in spite of its budgets.
    public var isForced: Bool
    /// When it was seen to be gone.
    public var goneAt: Date?

    /// Makes a result.
    public init(
        _ pod: PodReference,
        _ outcome: Outcome,
        reason: Reason? = nil,
        budgets: [String] = [],
        message: String? = nil,
        askedAt: Date? = nil,
        gracePeriodSeconds: Int? = nil,
        isForced: Bool = false,
        goneAt: Date? = nil
    ) {
        self.pod = pod
        self.outcome = outcome
        self.reason = reason
        self.budgets = budgets
        self.message = message
        self.askedAt = askedAt
        self.gracePeriodSeconds = gracePeriodSeconds
        self.isForced = isForced
        self.goneAt = goneAt
    }

    /// What is known when there's no time to learn more.
    var decided: PodResult {
        guard outcome == .pending else { return self }
        var result = self
        result.outcome = .lost
        result.reason = askedAt == nil ? reason ?? .notReached : .hanging
        return result
    }
}
