public import FoundationEssentials

/// How far a drain has come: what another worker needs to continue, beyond what the cluster itself shows.
public struct DrainProgress: Sendable, Hashable, Codable {
    /// The node's identity: a later node of the same name is not drained.
    public var nodeUID: String?
    /// When the drain began, whoever began it.
    public var startedAt: Date
    /// When the node was seen to be cordoned and tainted.
    public var heldAt: Date?
    /// Every pod seen so far.
    public var pods: [PodResult]

    /// Makes progress.
    public init(nodeUID: String? = nil, startedAt: Date, heldAt: Date? = nil, pods: [PodResult] = []) {
        self.nodeUID = nodeUID
        self.startedAt = startedAt
        self.heldAt = heldAt
        self.pods = pods
    }
}
