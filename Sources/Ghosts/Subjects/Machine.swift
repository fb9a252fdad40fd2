public import FoundationEssentials

/// An instance as EC2 lists it.
public struct Machine: Hashable, Sendable, Codable {
    /// As in `i-0abc`.
    public var id: String
    /// By EC2's word: `pending`, `running` and so on.
    public var state: String
    /// As in `m5.large`.
    public var type: String?
    /// As in `us-east-1a`.
    public var zone: String?
    /// `on-demand`, `spot` or another.
    public var market: String
    /// When it was last started.
    public var launchedAt: Date?
    /// The account it belongs to.
    public var account: String?
    /// The service that manages it, if one does.
    public var managedBy: String?
    /// `windows`, or nil.
    public var platform: String?
    /// By key.
    public var tags: [String: String]

    /// Makes a machine from all of its fields.
    public init(
        id: String,
        state: String,
        type: String? = nil,
        zone: String? = nil,
        market: String = "on-demand",
        launchedAt: Date?,
        account: String?,
        managedBy: String? = nil,
        platform: String? = nil,
        tags: [String: String]
    ) {
        self.id = id
        self.state = state
        self.type = type
        self.zone = zone
        self.market = market
        self.launchedAt = launchedAt
        self.account = account
        self.managedBy = managedBy
        self.platform = platform
        self.tags = tags
    }

    /// Its tags but those that we put there ourselves, to tell whether somebody changed them.
    public var foreignTags: [String: String] { tags.filter { $0.key != KnownTags.ghostSince } }
}

/// A machine in an Auto Scaling group.
public struct GroupMember: Hashable, Sendable, Codable {
    /// The machine.
    public var id: String
    /// The group.
    public var group: String
    /// As in `InService`, `Terminating:Wait`, `Warmed:Running`.
    public var state: String
    /// Whether its group may not terminate it to become smaller.
    public var isProtected: Bool

    /// Makes a member.
    public init(id: String, group: String, state: String, isProtected: Bool) {
        self.id = id
        self.group = group
        self.state = state
        self.isProtected = isProtected
    }
}

/// The tags that mean something to us.
public enum KnownTags {
    /// Whoever puts it on a machine or volume keeps it, whatever the value.
    public static let keep = "cloudoptim.io/keep"
    /// Since when a machine is flagged; ours.
    public static let ghostSince = "cloudoptim.io/ghost-since"
    /// The registered cluster that we launched a machine for; ours.
    public static let cluster = "cloudoptim.io/cluster-id"
    /// The job that launched a machine; ours.
    public static let job = "cloudoptim.io/job-id"
    /// The group of a machine; AWS's.
    public static let group = "aws:autoscaling:groupName"
    /// Before a cluster's name.
    public static let ownership = "kubernetes.io/cluster/"
    /// Keys whose value is the name of a cluster in EKS.
    public static let eksNames = ["eks:cluster-name", "aws:eks:cluster-name", "eks:eks-cluster-name"]
}
