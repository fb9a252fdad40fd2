public import FoundationEssentials

/// Decides which disks of a cluster nobody refers to any more.
///
/// Pure, like ``GhostScan``. EC2 does not say since when a disk is detached: only what scans saw counts.
public struct DiskScan: Sendable {
    /// The cluster.
    public let cluster: ScannedCluster
    /// The numbers; the grace is how long a disk must have been seen detached.
    public let rules: GhostRules
    /// The present, by the database's clock.
    public let now: Date

    /// Makes a scan.
    public init(of cluster: ScannedCluster, rules: GhostRules, at now: Date) {
        self.cluster = cluster
        self.rules = rules
        self.now = now
    }

    /// Whether a disk may be deleted.
    public enum Verdict: Hashable, Sendable {
        /// Nothing speaks against it.
        case delete(Disk)
        /// Something does.
        case spare(DiskDoubt)
    }

    /// What is to be done about each disk.
    ///
    /// - Parameters:
    ///   - disks: What EC2 lists by the cluster's tags, read before the clusters.
    ///   - views: Every registered cluster of the customer, this one among them.
    ///   - known: What earlier scans left.
    /// - Returns: Actions, each for another disk.
    /// - Throws: ``ScanAbort`` if a cluster could not be seen, or there are more than can be believed.
    public func decide(
        _ disks: CompleteList<Disk>,
        _ views: [UUID: DiskView],
        known: [Sighting]
    ) throws(ScanAbort) -> [GhostAction<Disk>] {
        let references = try references(disks, views)
        let owned = disks.items.filter { !cluster.proof($0.tags).isEmpty }
        let sightings = Dictionary(known.map { ($0.instanceID, $0) }, uniquingKeysWith: { first, _ in first })
        var actions: [GhostAction<Disk>] = []
        var zombies = 0
        for disk in owned.sorted(by: { $0.id < $1.id }) {
            let sighting = sightings[disk.id]
            if sighting?.status == .terminating {
                zombies += 1
                continue
            }
            switch doubt(about: disk, references) {
            case .keepTag:
                if sighting?.status != .kept { actions.append(.keep(sighting, disk, AbsenceClock(at: now))) }
            case let doubt?:
                if let sighting, !sighting.isKeptByCall { actions.append(.clear(sighting, doubt)) }
            case nil:
                if sighting?.isKeptByCall == true { continue }
                zombies += 1
                actions.append(see(disk, sighting))
            }
        }
        guard zombies <= rules.believable(of: owned.count) else {
            throw ScanAbort(.tooMany, "\(zombies) of \(owned.count) disks look forgotten: a person must look")
        }
        let present = Set(owned.map(\.id))
        for sighting in known where !present.contains(sighting.instanceID) && sighting.status != .terminating
        {
            actions.append(.clear(sighting, .gone))
        }
        return actions
    }

    /// Whether a disk may be deleted now, by lists that were read for this alone.
    ///
    /// - Throws: ``ScanAbort`` if nothing can be decided.
    public func verdict(
        on sighting: Sighting,
        _ disks: CompleteList<Disk>,
        _ views: [UUID: DiskView],
        known: [Sighting]
    ) throws(ScanAbort) -> Verdict {
        _ = try decide(disks, views, known: known)
        guard let disk = disks.items.first(where: { $0.id == sighting.instanceID }) else {
            return .spare(.gone)
        }
        if sighting.isKeptByCall || sighting.status == .kept { return .spare(.keepCall) }
        if let doubt = doubt(about: disk, try references(disks, views)) { return .spare(doubt) }
        if disk.foreignTags != sighting.tags { return .spare(.tagsChanged) }
        guard sighting.clock.isDue(rules) || (sighting.isGraceWaived && sighting.clock.flaggedAt != nil)
        else {
            return .spare(.notDue)
        }
        return .delete(disk)
    }

    private func references(
        _ disks: CompleteList<Disk>,
        _ views: [UUID: DiskView]
    ) throws(ScanAbort) -> [UUID: DiskReferences] {
        var references: [UUID: DiskReferences] = [:]
        for (id, view) in views {
            switch view {
            case .unseen(let why):
                let isOwn = id == cluster.id
                throw ScanAbort(
                    isOwn ? .nodesUnreadable : .otherClusterUnreadable,
                    "the persistent volumes of cluster \(id.uuidString.lowercased()) could not be read: \(why)"
                )
            case .seen(let seen):
                guard disks.endedAt <= seen.names.beganAt else {
                    throw ScanAbort(.wrongOrder, "persistent volumes were listed before the disks")
                }
                references[id] = seen
            }
        }
        guard let own = references[cluster.id] else {
            throw ScanAbort(.nodesUnreadable, "the cluster's own persistent volumes were not read")
        }
        guard !own.names.items.isEmpty else {
            throw ScanAbort(
                .nodesEmpty,
                "the cluster has no persistent volume: every disk would look forgotten"
            )
        }
        guard now.timeIntervalSince(disks.beganAt) <= rules.freshness.inSeconds else {
            throw ScanAbort(.stale, "the lists are too old")
        }
        return references
    }

    private func doubt(about disk: Disk, _ references: [UUID: DiskReferences]) -> DiskDoubt? {
        if disk.tags[KnownTags.keep] != nil { return .keepTag }
        guard disk.state == "available", disk.attachedTo.isEmpty else { return .inUse }
        guard !cluster.proof(disk.tags).isEmpty else { return .notProvenOwned }
        guard cluster.otherClusters(disk.tags).isEmpty else { return .otherClustersTag }
        guard disk.zone?.hasPrefix(cluster.region) == true else { return .otherRegion }
        guard let createdAt = disk.createdAt else { return .ageUnknown }
        guard now.timeIntervalSince(createdAt) >= rules.minimumAge.inSeconds else { return .young }
        if references.values.contains(where: { $0.name(disk.id) }) { return .referenced }
        return references[cluster.id]?.retainsDisks == true ? .retained : nil
    }

    private func see(_ disk: Disk, _ sighting: Sighting?) -> GhostAction<Disk> {
        guard let sighting else { return .detect(disk, AbsenceClock(at: now)) }
        if sighting.status == .kept {
            return .see(sighting, disk, AbsenceClock(at: now), isNewlyFlagged: false)
        }
        if disk.foreignTags != sighting.tags { return .clear(sighting, .tagsChanged) }
        var clock = sighting.clock
        let isNewlyFlagged = clock.seen(at: now, rules)
        if !isNewlyFlagged, clock.isDue(rules) { return .ready(sighting, disk, clock) }
        return .see(sighting, disk, clock, isNewlyFlagged: isNewlyFlagged)
    }
}
