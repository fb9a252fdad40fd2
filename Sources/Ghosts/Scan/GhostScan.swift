public import FoundationEssentials

/// Decides which machines of a cluster are ghosts: paid for, and nobody's node.
///
/// Pure: lists go in, decisions come out. Whatever is not certain is no ghost; whatever cannot be trusted aborts the
/// whole scan.
///
/// ```swift
/// let orphans = try scan.orphans(among: machines, notOn: nodes)
/// let actions = try scan.decide(orphans, knowledge, known: sightings)
/// ```
public struct GhostScan: Sendable {
    /// The cluster.
    public let cluster: ScannedCluster
    /// The numbers.
    public let rules: GhostRules
    /// The present, by the database's clock.
    public let now: Date

    /// Makes a scan.
    public init(of cluster: ScannedCluster, rules: GhostRules, at now: Date) {
        self.cluster = cluster
        self.rules = rules
        self.now = now
    }

    /// The cluster's machines that none of its nodes is on.
    ///
    /// - Parameters:
    ///   - machines: What EC2 lists by the cluster's tags, read **before** the nodes.
    ///   - nodes: The cluster's nodes.
    /// - Returns: The machines.
    /// - Throws: ``ScanAbort`` if the lists do not fit each other.
    public func orphans(
        among machines: CompleteList<Machine>,
        notOn nodes: NodeCensus
    ) throws(ScanAbort) -> Orphans {
        guard nodes.cluster == cluster.id else {
            throw ScanAbort(.nodesUnreadable, "the nodes are those of another cluster")
        }
        guard machines.endedAt <= nodes.beganAt else {
            throw ScanAbort(.wrongOrder, "the nodes were listed before the machines")
        }
        try checkTimes(machines, nodes)
        let owned = machines.items.filter { !cluster.proof($0.tags).isEmpty }
        if let foreign = owned.first(where: { $0.account != nil && $0.account != cluster.account }) {
            throw ScanAbort(
                .wrongAccount,
                "\(foreign.id) is of account \(foreign.account ?? "unknown"), not \(cluster.account)"
            )
        }
        let orphans = owned.filter { !nodes.instances.contains($0.id) }
        guard orphans.isEmpty || orphans.count < owned.count else {
            throw ScanAbort(
                .nothingInCommon,
                "none of \(owned.count) machines is a node of the cluster: is it the right one, and is it there?"
            )
        }
        return Orphans(
            machines: orphans,
            all: owned,
            present: Dictionary(machines.items.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first }),
            nodes: nodes,
            machinesListedAt: machines.beganAt
        )
    }

    private func checkTimes(_ machines: CompleteList<Machine>, _ nodes: NodeCensus) throws(ScanAbort) {
        let skew = rules.skew.inSeconds
        if nodes.endedAt.timeIntervalSince(now) > skew {
            throw ScanAbort(.clockSkew, "this machine's clock is ahead of the database's")
        }
        if now.timeIntervalSince(machines.beganAt) > rules.freshness.inSeconds {
            throw ScanAbort(.stale, "the lists are too old, or this machine's clock is behind the database's")
        }
        let newest = machines.items.compactMap(\.launchedAt).max()
        if let newest, newest.timeIntervalSince(machines.endedAt) > skew {
            throw ScanAbort(.clockSkew, "a machine was launched in the future")
        }
    }

    // MARK: - Deciding

    /// What is to be done about each machine.
    ///
    /// - Parameters:
    ///   - orphans: The machines without a node.
    ///   - knowledge: What else is known about them.
    ///   - known: What earlier scans left.
    /// - Returns: Actions, each for another machine.
    /// - Throws: ``ScanAbort`` if there are more ghosts than can be believed, or something could not be seen.
    public func decide(
        _ orphans: Orphans,
        _ knowledge: ScanKnowledge,
        known: [Sighting]
    ) throws(ScanAbort) -> [GhostAction<Evidence>] {
        try checkClusters(orphans, knowledge)
        if let future = known.first(where: {
            $0.clock.lastSeenAt.timeIntervalSince(now) > rules.skew.inSeconds
        }) {
            throw ScanAbort(.clockSkew, "\(future.instanceID) was last seen in the future")
        }
        let sightings = Dictionary(known.map { ($0.instanceID, $0) }, uniquingKeysWith: { first, _ in first })
        var actions: [GhostAction<Evidence>] = []
        var ghosts = 0
        for machine in orphans.machines.sorted(by: { $0.id < $1.id }) {
            let sighting = sightings[machine.id]
            // Its job looks for itself.
            if sighting?.status == .terminating {
                ghosts += 1
                continue
            }
            let evidence = evidence(of: machine, orphans, knowledge)
            switch doubt(about: machine, knowledge) {
            case .keepTag:
                if let action = keep(machine, sighting, evidence) { actions.append(action) }
            case let doubt?:
                if let sighting, !sighting.isKeptByCall { actions.append(.clear(sighting, doubt)) }
            case nil:
                if sighting?.isKeptByCall != true { ghosts += 1 }
                if let action = see(machine, sighting, evidence) { actions.append(action) }
            }
        }
        let limit = rules.believable(of: orphans.owned)
        guard ghosts <= limit else {
            throw ScanAbort(
                .tooMany,
                "\(ghosts) of \(orphans.owned) machines look like ghosts, more than \(limit): a person must look"
            )
        }
        let seen = Set(orphans.ids)
        for sighting in known where !seen.contains(sighting.instanceID) && sighting.status != .terminating {
            actions.append(.clear(sighting, orphans.present[sighting.instanceID] == nil ? .gone : .isNode))
        }
        return actions
    }

    /// Whether a ghost may be terminated now, by lists that were read for this alone.
    ///
    /// - Parameters:
    ///   - sighting: The ghost.
    ///   - orphans: The machines without a node, as they are now.
    ///   - knowledge: What else is known.
    ///   - known: Everything that scans have left of the cluster.
    /// - Returns: Nothing that speaks against it, with what was seen; or the first thing that does.
    /// - Throws: ``ScanAbort`` if nothing can be decided.
    public func verdict(
        on sighting: Sighting,
        _ orphans: Orphans,
        _ knowledge: ScanKnowledge,
        known: [Sighting]
    ) throws(ScanAbort) -> TerminationVerdict {
        // The whole scan is made again: what would abort it stops this too.
        _ = try decide(orphans, knowledge, known: known)
        guard let machine = orphans.machines.first(where: { $0.id == sighting.instanceID }) else {
            return .spare(orphans.present[sighting.instanceID] == nil ? .gone : .isNode)
        }
        if sighting.isKeptByCall || sighting.status == .kept { return .spare(.keepCall) }
        if let doubt = doubt(about: machine, knowledge) { return .spare(doubt) }
        if machine.launchedAt != sighting.launchedAt { return .spare(.relaunched) }
        if machine.foreignTags != sighting.tags { return .spare(.tagsChanged) }
        guard sighting.clock.isDue(rules) || (sighting.isGraceWaived && sighting.clock.flaggedAt != nil)
        else {
            return .spare(.notDue)
        }
        return .terminate(evidence(of: machine, orphans, knowledge))
    }

    private func checkClusters(_ orphans: Orphans, _ knowledge: ScanKnowledge) throws(ScanAbort) {
        guard !orphans.machines.isEmpty else { return }
        for (id, view) in knowledge.otherClusters.sorted(by: { $0.key.uuidString < $1.key.uuidString }) {
            switch view {
            case .unseen(let why):
                throw ScanAbort(
                    .otherClusterUnreadable,
                    "cluster \(id.uuidString.lowercased()) of the customer could not be read: \(why)"
                )
            case .seen(let census):
                guard census.beganAt >= orphans.machinesListedAt else {
                    throw ScanAbort(.wrongOrder, "another cluster's nodes were listed before the machines")
                }
            }
        }
    }

    private func keep(_ machine: Machine, _ sighting: Sighting?, _ evidence: Evidence) -> GhostAction<
        Evidence
    >? {
        if sighting?.isKeptByCall == true { return nil }
        guard let sighting, sighting.status == .kept else {
            return .keep(sighting, evidence, AbsenceClock(at: now))
        }
        return nil
    }

    private func see(_ machine: Machine, _ sighting: Sighting?, _ evidence: Evidence) -> GhostAction<
        Evidence
    >? {
        guard let sighting else { return .detect(evidence, AbsenceClock(at: now)) }
        switch sighting.status {
        case .kept:
            if sighting.isKeptByCall { return nil }
            // Its tag is gone: the grace begins anew.
            return .see(sighting, evidence, AbsenceClock(at: now), isNewlyFlagged: false)
        case .detected, .flagged, .terminating: break
        }
        if machine.launchedAt != sighting.launchedAt { return .clear(sighting, .relaunched) }
        if machine.foreignTags != sighting.tags { return .clear(sighting, .tagsChanged) }
        var clock = sighting.clock
        let isNewlyFlagged = clock.seen(at: now, rules)
        if !isNewlyFlagged, clock.isDue(rules) { return .ready(sighting, evidence, clock) }
        return .see(sighting, evidence, clock, isNewlyFlagged: isNewlyFlagged)
    }

    private func evidence(of machine: Machine, _ orphans: Orphans, _ knowledge: ScanKnowledge) -> Evidence {
        let others = knowledge.otherClusters.map { id, view in
            if case .seen(let census) = view {
                (id.uuidString.lowercased(), census.count)
            } else {
                (id.uuidString.lowercased(), 0)
            }
        }
        return Evidence(
            machine: machine,
            proof: cluster.proof(machine.tags),
            group: knowledge.groups.items.first { $0.id == machine.id },
            machinesListedAt: orphans.machinesListedAt,
            nodesListedAt: orphans.nodes.beganAt,
            owned: orphans.owned,
            nodes: orphans.nodes.count,
            otherClusters: Dictionary(others, uniquingKeysWith: { first, _ in first }),
            ruledOut: Doubt.allCases.filter { ![.keepCall, .notDue, .relaunched, .tagsChanged].contains($0) }
        )
    }
}

/// Whether a ghost may be terminated.
public enum TerminationVerdict: Hashable, Sendable {
    /// Nothing speaks against it.
    case terminate(Evidence)
    /// Something does.
    case spare(Doubt)
}
