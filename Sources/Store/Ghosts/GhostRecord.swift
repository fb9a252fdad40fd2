public import FoundationEssentials

/// A machine, or a disk, that was seen to serve nobody.
public struct GhostRecord: Sendable, Equatable {
    /// What it is.
    public enum Kind: String, Sendable, CaseIterable {
        /// A machine.
        case instance
        /// A disk.
        case volume
    }

    /// How far it has come.
    public enum Status: String, Sendable, CaseIterable {
        /// Seen, and not yet for long enough.
        case detected
        /// Announced: it is terminated when its grace is over.
        case flagged
        /// Left alone, by its tag or by somebody's word.
        case kept
        /// A job is about to terminate it.
        case terminating
        /// No ghost any more, or its time began anew.
        case unflagged
        /// Gone, by us.
        case terminated

        /// Whether scans still look at it.
        public var isOpen: Bool { self != .unflagged && self != .terminated }
    }

    /// UUIDv7.
    public var id: UUID
    /// What it is.
    public var kind: Kind
    /// Whose it is.
    public var customerID: UUID
    /// The cluster that its tags name.
    public var clusterID: UUID
    /// The machine's id, or the disk's.
    public var instanceID: String
    /// As in `m5.large`.
    public var instanceType: String?
    /// As in `us-east-1`.
    public var region: String
    /// As in `us-east-1a`.
    public var zone: String?
    /// `on-demand`, `spot`.
    public var market: String?
    /// The group it is in.
    public var autoScalingGroup: String?
    /// When it was started as it was last seen.
    public var launchedAt: Date?
    /// Its tags as they were last seen, a JSON object.
    public var tags: [UInt8]
    /// How far it has come.
    public var status: Status
    /// Why it came no further.
    public var reason: String?
    /// What the last decision was made on, JSON.
    public var evidence: [UInt8]?
    /// How many scans saw it.
    public var scansSeen: Int
    /// When a scan first saw it.
    public var firstSeenAt: Date
    /// When a scan last saw it.
    public var lastSeenAt: Date
    /// Seconds that count, before it was flagged.
    public var observedSeconds: Double
    /// Seconds that count, since it was flagged.
    public var graceSeconds: Double
    /// When it was flagged.
    public var flaggedAt: Date?
    /// When its grace ends if scans go on seeing it.
    public var dueAt: Date?
    /// Since when it is kept.
    public var keptAt: Date?
    /// `tag`, or who said so.
    public var keptBy: String?
    /// Who said that it need not wait.
    public var waivedBy: String?
    /// USD an hour, decimal; nil if unknown.
    public var hourlyPrice: String?
    /// The copy that was made before a disk was deleted.
    public var snapshotID: String?
    /// The job that terminates it.
    public var jobID: UUID?
    /// What went wrong with it.
    public var problem: String?
    /// When it was no ghost any more.
    public var unflaggedAt: Date?
    /// When it was gone.
    public var terminatedAt: Date?
    /// Grows with every change.
    public var version: Int64

    /// How its tag keeps it.
    public static let keptByTag = "tag"

    /// Makes one that was seen for the first time.
    public init(
        kind: Kind,
        customerID: UUID,
        clusterID: UUID,
        instanceID: String,
        region: String,
        tags: [UInt8],
        status: Status,
        seenAt: Date
    ) {
        id = .version7(at: seenAt)
        self.kind = kind
        self.customerID = customerID
        self.clusterID = clusterID
        self.instanceID = instanceID
        self.region = region
        self.tags = tags
        self.status = status
        scansSeen = 1
        firstSeenAt = seenAt
        lastSeenAt = seenAt
        observedSeconds = 0
        graceSeconds = 0
        version = 1
    }

    init(
        id: UUID,
        kind: Kind,
        customerID: UUID,
        clusterID: UUID,
        instanceID: String,
        region: String,
        tags: [UInt8],
        status: Status,
        scansSeen: Int,
        firstSeenAt: Date,
        lastSeenAt: Date,
        observedSeconds: Double,
        graceSeconds: Double,
        version: Int64
    ) {
        self.id = id
        self.kind = kind
        self.customerID = customerID
        self.clusterID = clusterID
        self.instanceID = instanceID
        self.region = region
        self.tags = tags
        self.status = status
        self.scansSeen = scansSeen
        self.firstSeenAt = firstSeenAt
        self.lastSeenAt = lastSeenAt
        self.observedSeconds = observedSeconds
        self.graceSeconds = graceSeconds
        self.version = version
    }
}

/// What people should hear of, written with what it is about.
public struct GhostEvent: Sendable, Equatable {
    /// What happened.
    public enum Kind: String, Sendable, CaseIterable {
        /// A ghost will be terminated.
        case flagged
        /// A flagged ghost is none any more.
        case cleared
        /// A ghost is kept.
        case kept
        /// It is kept no more.
        case unkept
        /// It need not wait for its grace.
        case waived
        /// It is gone, by us.
        case terminated
        /// It could not be terminated.
        case terminationFailed = "termination_failed"
        /// A scan decided nothing.
        case scanAborted = "scan_aborted"
        /// As many were terminated as may be.
        case capReached = "cap_reached"
        /// Somebody switched it off or on.
        case switched
    }

    /// UUIDv7, in the order of time.
    public var id: UUID
    /// Whose.
    public var customerID: UUID
    /// The cluster.
    public var clusterID: UUID?
    /// The ghost; nil for a scan.
    public var ghostID: UUID?
    /// The job that made it so.
    public var jobID: UUID?
    /// What happened.
    public var kind: Kind
    /// More, a JSON object.
    public var detail: [UInt8]
    /// When.
    public var happenedAt: Date
}

/// What a scan saw, or why it decided nothing.
public struct GhostScanRecord: Sendable, Equatable {
    /// The scan's job.
    public var jobID: UUID
    /// Whose.
    public var customerID: UUID
    /// The cluster.
    public var clusterID: UUID
    /// When it was recorded.
    public var scannedAt: Date
    /// Why it decided nothing; nil if it did.
    public var abortReason: String?
    /// A sentence on that.
    public var detail: String?
    /// Whether it will go on so until somebody has looked.
    public var needsPerson: Bool
    /// Machines with the cluster's tag.
    public var machines: Int?
    /// The cluster's nodes.
    public var nodes: Int?
    /// Ghosts among the machines.
    public var ghosts: Int?

    /// Makes one from all of its fields.
    public init(
        jobID: UUID,
        customerID: UUID,
        clusterID: UUID,
        scannedAt: Date = Date(),
        abortReason: String? = nil,
        detail: String? = nil,
        needsPerson: Bool = false,
        machines: Int? = nil,
        nodes: Int? = nil,
        ghosts: Int? = nil
    ) {
        self.jobID = jobID
        self.customerID = customerID
        self.clusterID = clusterID
        self.scannedAt = scannedAt
        self.abortReason = abortReason
        self.detail = detail
        self.needsPerson = needsPerson
        self.machines = machines
        self.nodes = nodes
        self.ghosts = ghosts
    }
}
