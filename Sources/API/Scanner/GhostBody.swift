import FoundationEssentials
import Store

/// A ghost as clients see it.
struct GhostBody: Encodable {
    let ghostId: String
    let kind: String
    let customerId: String
    let clusterId: String
    let instanceId: String
    @Nullable var instanceType: String?
    let region: String
    @Nullable var availabilityZone: String?
    @Nullable var market: String?
    @Nullable var autoScalingGroup: String?
    @Nullable var launchedAt: Date?
    let status: String
    @Nullable var reason: String?
    @Nullable var problem: String?
    let detectedAt: Date
    let lastSeenAt: Date
    let scansSeen: Int
    /// Seconds between scans that both saw it, before and since it was flagged.
    let observedSeconds: Double
    let graceSeconds: Double
    @Nullable var flaggedAt: Date?
    /// When it is terminated if scans go on seeing it, and nobody keeps it.
    @Nullable var dueAt: Date?
    @Nullable var keptAt: Date?
    @Nullable var keptBy: String?
    @Nullable var graceWaivedBy: String?
    @Nullable var usdPerHour: Double?
    @Nullable var snapshotId: String?
    @Nullable var jobId: String?
    @Nullable var unflaggedAt: Date?
    @Nullable var terminatedAt: Date?
    /// What the last decision was made on.
    let evidence: JSONValue

    init(_ ghost: GhostRecord) throws {
        ghostId = ghost.id.text
        kind = ghost.kind.rawValue
        customerId = ghost.customerID.text
        clusterId = ghost.clusterID.text
        instanceId = ghost.instanceID
        instanceType = ghost.instanceType
        region = ghost.region
        availabilityZone = ghost.zone
        market = ghost.market
        autoScalingGroup = ghost.autoScalingGroup
        launchedAt = ghost.launchedAt
        status = ghost.status.rawValue
        reason = ghost.reason
        problem = ghost.problem
        detectedAt = ghost.firstSeenAt
        lastSeenAt = ghost.lastSeenAt
        scansSeen = ghost.scansSeen
        observedSeconds = ghost.observedSeconds
        graceSeconds = ghost.graceSeconds
        flaggedAt = ghost.flaggedAt
        dueAt = ghost.dueAt
        keptAt = ghost.keptAt
        keptBy = ghost.keptBy
        graceWaivedBy = ghost.waivedBy
        usdPerHour = ghost.hourlyPrice.flatMap(Double.init)
        snapshotId = ghost.snapshotID
        jobId = ghost.jobID?.text
        unflaggedAt = ghost.unflaggedAt
        terminatedAt = ghost.terminatedAt
        evidence = try ghost.evidence.map { try JSONValue(parsing: $0) } ?? .null
    }
}

/// Something that happened, as clients see it.
struct GhostEventBody: Encodable {
    let eventId: String
    let customerId: String
    @Nullable var clusterId: String?
    @Nullable var ghostId: String?
    @Nullable var jobId: String?
    let kind: String
    let detail: JSONValue
    let happenedAt: Date

    init(_ event: GhostEvent) throws {
        eventId = event.id.text
        customerId = event.customerID.text
        clusterId = event.clusterID?.text
        ghostId = event.ghostID?.text
        jobId = event.jobID?.text
        kind = event.kind.rawValue
        detail = try JSONValue(parsing: event.detail)
        happenedAt = event.happenedAt
    }
}

/// A scan, as clients see it.
struct GhostScanBody: Encodable {
    let scanId: String
    let customerId: String
    let clusterId: String
    let scannedAt: Date
    let status: String
    /// Why it decided nothing.
    @Nullable var reason: String?
    @Nullable var detail: String?
    @Nullable var machines: Int?
    @Nullable var nodes: Int?
    @Nullable var ghostsFound: Int?

    init(_ scan: GhostScanRecord) {
        scanId = scan.jobID.text
        customerId = scan.customerID.text
        clusterId = scan.clusterID.text
        scannedAt = scan.scannedAt
        status = scan.abortReason == nil ? "done" : "aborted"
        reason = scan.abortReason
        detail = scan.detail
        machines = scan.machines
        nodes = scan.nodes
        ghostsFound = scan.ghosts
    }
}
