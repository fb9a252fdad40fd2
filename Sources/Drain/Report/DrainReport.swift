public import FoundationEssentials

/// What became of a drain.
public struct DrainReport: Sendable, Hashable, Codable {
    /// What became of it.
    public enum Outcome: String, Sendable, CaseIterable, Codable {
        /// No pod is left that could be moved; those that hang don't count.
        case drained
        /// Voluntary: refused before anything was touched, see ``DrainReport/blockers``.
        case refused
        /// Voluntary: given up, and the node is as before; some pods may have been moved.
        case rolledBack = "rolled_back"
        /// Voluntary: given up, but the node could not be given back: it is still cordoned.
        case rollBackFailed = "roll_back_failed"
        /// With a deadline: pods were left when it came, see ``DrainReport/lost``.
        case incomplete
        /// The node doesn't exist any more, or is another one of the same name.
        case nodeGone = "node_gone"
        /// The deadline had passed: nothing was touched.
        case tooLate = "too_late"
    }

    /// What became of it.
    public var outcome: Outcome
    /// The node's name.
    public var node: String
    /// What became of each pod, by namespace and name.
    public var pods: [PodResult]
    /// What was in the way.
    public var blockers: [DrainBlocker]
    /// When the drain began, whoever began it.
    public var startedAt: Date
    /// When the node was seen to be cordoned and tainted; `nil` if it never was.
    public var heldAt: Date?
    /// When the drain ended; volumes may have been waited for after it.
    public var finishedAt: Date
    /// What went wrong besides, for people: a node that could not be cordoned, budgets that could not be read.
    public var problems: [String]
    /// The volumes that were not detached in time after their pods had gone; `nil` if nobody looked.
    public var attachedVolumes: [AttachedVolume]?

    /// Makes a report.
    public init(
        _ outcome: Outcome,
        node: String,
        pods: [PodResult] = [],
        blockers: [DrainBlocker] = [],
        startedAt: Date,
        heldAt: Date? = nil,
        finishedAt: Date,
        problems: [String] = []
    ) {
        self.outcome = outcome
        self.node = node
        self.pods = pods
        self.blockers = blockers
        self.startedAt = startedAt
        self.heldAt = heldAt
        self.finishedAt = finishedAt
        self.problems = problems
    }

    /// The pods that were evicted.
    public var evicted: [PodResult] { pods.filter { $0.outcome == .evicted } }
    /// The pods that were deleted in spite of their budgets.
    public var forced: [PodResult] { pods.filter { $0.outcome == .forced } }
    /// The pods that were left.
    public var lost: [PodResult] { pods.filter { $0.outcome == .lost } }
}
