public import FoundationEssentials

/// What else is known about machines that no node is on: asked for after the lists, and only if there are any.
public struct ScanKnowledge: Sendable {
    /// A cluster of the customer as it could be seen.
    public enum View: Sendable {
        /// All of its nodes.
        case seen(NodeCensus)
        /// It could not be read.
        case unseen(String)
    }

    /// A machine that our own records know as a node.
    public struct KnownNode: Hashable, Sendable {
        /// The cluster.
        public var cluster: UUID
        /// When it was last seen as a node.
        public var lastSeenAt: Date
        /// Whether it is one no more.
        public var isGone: Bool

        /// Makes one.
        public init(cluster: UUID, lastSeenAt: Date, isGone: Bool) {
            self.cluster = cluster
            self.lastSeenAt = lastSeenAt
            self.isGone = isGone
        }
    }

    /// Every other registered cluster of the customer.
    public var otherClusters: [UUID: View]
    /// The groups that machines are in.
    public var groups: CompleteList<GroupMember>
    /// Whether machines are protected from termination; what is missing is not known.
    public var protection: [String: Bool]
    /// Machines that jobs of ours are about.
    public var busy: Set<String>
    /// Machines that our records know as nodes.
    public var knownNodes: [String: [KnownNode]]

    /// Makes it from all of its fields.
    public init(
        otherClusters: [UUID: View],
        groups: CompleteList<GroupMember>,
        protection: [String: Bool],
        busy: Set<String>,
        knownNodes: [String: [KnownNode]]
    ) {
        self.otherClusters = otherClusters
        self.groups = groups
        self.protection = protection
        self.busy = busy
        self.knownNodes = knownNodes
    }
}

/// Machines of a cluster that none of its nodes is on, as two lists that were read in the right order showed them.
public struct Orphans: Sendable {
    /// The machines.
    public let machines: [Machine]
    /// All that carry the cluster's tag.
    public let all: [Machine]
    let present: [String: Machine]
    let nodes: NodeCensus
    let machinesListedAt: Date

    init(
        machines: [Machine],
        all: [Machine],
        present: [String: Machine],
        nodes: NodeCensus,
        machinesListedAt: Date
    ) {
        self.machines = machines
        self.all = all
        self.present = present
        self.nodes = nodes
        self.machinesListedAt = machinesListedAt
    }

    /// How many carry the cluster's tag.
    public var owned: Int { all.count }
    /// Their ids.
    public var ids: [String] { machines.map(\.id) }
    /// The ids of all machines that EC2 lists.
    public var presentIDs: [String] { Array(present.keys) }
    /// How many nodes the cluster has.
    public var nodeCount: Int { nodes.count }
}
