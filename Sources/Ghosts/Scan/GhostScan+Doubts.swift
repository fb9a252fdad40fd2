import FoundationEssentials

extension GhostScan {
    /// The machines that would be ghosts if they are not protected: those to ask EC2 about one by one.
    public func candidates(_ orphans: Orphans, _ knowledge: ScanKnowledge) -> [String] {
        var knowledge = knowledge
        knowledge.protection = Dictionary(
            orphans.ids.map { ($0, false) },
            uniquingKeysWith: { first, _ in first }
        )
        return orphans.machines.filter { doubt(about: $0, knowledge) == nil }.map(\.id)
    }

    /// The machines without a node that are no ghosts, with what speaks against it.
    public func spared(_ orphans: Orphans, _ knowledge: ScanKnowledge) -> [String: Doubt] {
        var spared: [String: Doubt] = [:]
        for machine in orphans.machines { spared[machine.id] = doubt(about: machine, knowledge) }
        return spared
    }

    /// The first thing that speaks against a machine without a node being a ghost; nil if nothing does.
    func doubt(about machine: Machine, _ knowledge: ScanKnowledge) -> Doubt? {
        if machine.tags[KnownTags.keep] != nil { return .keepTag }
        return stateDoubt(machine) ?? ownerDoubt(machine) ?? purposeDoubt(machine)
            ?? groupDoubt(machine, knowledge) ?? recordDoubt(machine, knowledge)
    }

    private func stateDoubt(_ machine: Machine) -> Doubt? {
        switch machine.state {
        case "running": break
        case "pending": return .starting
        case "terminated", "shutting-down": return .gone
        default: return .notRunning
        }
        guard let launchedAt = machine.launchedAt else { return .ageUnknown }
        return now.timeIntervalSince(launchedAt) < rules.minimumAge.inSeconds ? .young : nil
    }

    private func ownerDoubt(_ machine: Machine) -> Doubt? {
        guard !cluster.proof(machine.tags).isEmpty else { return .notProvenOwned }
        guard cluster.otherClusters(machine.tags).isEmpty else { return .otherClustersTag }
        // A zone is a region and a letter, or a region and the place of a local zone.
        guard machine.account == cluster.account, machine.zone?.hasPrefix(cluster.region) == true else {
            return .otherAccount
        }
        return nil
    }

    private func purposeDoubt(_ machine: Machine) -> Doubt? {
        if machine.managedBy != nil { return .managedByService }
        if machine.platform?.lowercased().contains("windows") == true { return .windows }
        if MachinePurpose.isControlPlane(machine.tags) { return .controlPlane }
        if MachinePurpose.isOther(machine.tags) { return .otherPurpose }
        return machine.tags.keys.contains { $0.hasPrefix("karpenter.") } ? .karpenter : nil
    }

    private func groupDoubt(_ machine: Machine, _ knowledge: ScanKnowledge) -> Doubt? {
        let member = knowledge.groups.items.first { $0.id == machine.id }
        guard member?.group == machine.tags[KnownTags.group] else { return .groupUnknown }
        if let member {
            if member.state.hasPrefix("Warmed:") { return .warmPool }
            if member.state == "Standby" || member.state == "EnteringStandby" { return .standby }
            // Pending and Terminating with their hooks, Detaching, and what there may be some day.
            if member.state != "InService" { return .lifecycleHook }
            if member.isProtected { return .protected }
        }
        switch knowledge.protection[machine.id] {
        case false: return nil
        case true: return .protected
        case nil: return .protectionUnknown
        }
    }

    private func recordDoubt(_ machine: Machine, _ knowledge: ScanKnowledge) -> Doubt? {
        if knowledge.busy.contains(machine.id) { return .activeJob }
        for case .seen(let census) in knowledge.otherClusters.values
        where census.instances.contains(machine.id) {
            return .otherClustersNode
        }
        for known in knowledge.knownNodes[machine.id] ?? [] {
            // Of this cluster the live list tells more than our records.
            if known.cluster != cluster.id, !known.isGone { return .otherClustersNode }
            if now.timeIntervalSince(known.lastSeenAt) < rules.nodeMemory.inSeconds {
                return .nodeLeftRecently
            }
        }
        return nil
    }
}
