public import FoundationEssentials

/// A ghost as earlier scans left it.
public struct Sighting: Hashable, Sendable {
    /// How far it has come.
    public enum Status: String, Sendable, CaseIterable, Codable {
        /// Seen, and not yet for long enough.
        case detected
        /// Announced: it will be terminated when its grace is over.
        case flagged
        /// To be left alone, by its tag or by somebody's word.
        case kept
        /// A job is about to terminate it.
        case terminating
    }

    /// Its row.
    public var id: UUID
    /// The machine.
    public var instanceID: String
    /// How far it has come.
    public var status: Status
    /// How long it was seen absent.
    public var clock: AbsenceClock
    /// When the machine was started, as it was last seen.
    public var launchedAt: Date?
    /// The machine's tags as they were last seen, without ours.
    public var tags: [String: String]
    /// Whether somebody said, by a call, that it is to be kept.
    public var isKeptByCall: Bool
    /// Whether somebody said that it need not wait for its grace.
    public var isGraceWaived: Bool

    /// Makes one from all of its fields.
    public init(
        id: UUID,
        instanceID: String,
        status: Status,
        clock: AbsenceClock,
        launchedAt: Date?,
        tags: [String: String],
        isKeptByCall: Bool = false,
        isGraceWaived: Bool = false
    ) {
        self.id = id
        self.instanceID = instanceID
        self.status = status
        self.clock = clock
        self.launchedAt = launchedAt
        self.tags = tags
        self.isKeptByCall = isKeptByCall
        self.isGraceWaived = isGraceWaived
    }
}

/// What a decision was made on, for people and for whoever asks later.
public struct Evidence: Hashable, Sendable, Codable {
    /// The machine as EC2 showed it.
    public var machine: Machine
    /// The tags that prove it to be the cluster's.
    public var proof: [String]
    /// Its group, if it is in one.
    public var group: GroupMember?
    /// When EC2 was asked.
    public var machinesListedAt: Date
    /// When the cluster was asked.
    public var nodesListedAt: Date
    /// How many machines carry the cluster's tag.
    public var owned: Int
    /// How many nodes the cluster has.
    public var nodes: Int
    /// The customer's other clusters that were asked, and how many nodes they have.
    public var otherClusters: [String: Int]
    /// What was looked at, and found not to speak against it.
    public var ruledOut: [Doubt]
}
