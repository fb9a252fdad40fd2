import FoundationEssentials

extension ClusterState {
    /// What kind of ghost or zombie is wanted.
    struct OrphanDemand: Sendable {
        /// How long ago it was made, in seconds.
        var age = 7200.0
        /// Whether a machine is in an Auto Scaling group.
        var isInGroup = false
        /// Of a disk, in GiB.
        var size = 20
    }

    /// Makes a machine that carries the cluster's tag, runs for a while already, and never becomes a node.
    mutating func makeGhost(_ demand: OrphanDemand, at now: Double) -> OrphanRecord? {
        guard let type = InstanceType.named("m5.large"), let subnet = network.subnets.first else {
            return nil
        }
        let address = nextAddress(in: subnet)
        var tags = [ownershipTag: "owned", "Name": "\(name)-node"]
        let group = demand.isInGroup ? ScalingGroup.name(isSpot: false, of: name) : nil
        if let group {
            tags["aws:autoscaling:groupName"] = group
            groups[group, default: ScalingGroup(name: group)].desired += 1
        }
        let machine = Machine(
            id: "i-0\(generator.hexadecimal(16))",
            type: type,
            zone: subnet.zone,
            subnetID: subnet.id,
            isSpot: false,
            origin: demand.isInGroup ? .managedGroup : .launchTemplate,
            address: address,
            privateName: NodeModel.privateName(address, in: region),
            launched: Timestamp.text(Date(timeIntervalSince1970: now - demand.age)),
            reservation: "r-0\(generator.hexadecimal(16))",
            clientToken: nil,
            state: .running,
            tags: tags
        )
        machines[machine.id] = machine
        let facts: [(String, JSON)] = [
            ("instance_id", .string(machine.id)), ("cluster", .string(name)), ("region", .string(region)),
            ("instance_type", .string(type.name)), ("zone", .string(machine.zone)),
            ("launched_at", .string(machine.launched)),
            ("auto_scaling_group", group.map(JSON.string) ?? .null),
        ]
        return open(OrphanRecord(id: machine.id, madeAt: now, facts: facts, tags: tags))
    }

    /// Makes a disk that carries the cluster's tag, is attached to nothing, and is no persistent volume's.
    mutating func makeZombie(_ demand: OrphanDemand, at now: Double) -> OrphanRecord? {
        guard let zone = network.subnets.first?.zone else { return nil }
        let volume = Volume(
            id: "vol-0\(generator.hexadecimal(16))",
            size: demand.size,
            zone: zone,
            created: Timestamp.text(Date(timeIntervalSince1970: now - demand.age)),
            tags: [ownershipTag: "owned", "CSIVolumeName": "pvc-\(generator.uid())"]
        )
        volumes[volume.id] = volume
        let facts: [(String, JSON)] = [
            ("volume_id", .string(volume.id)), ("cluster", .string(name)), ("region", .string(region)),
            ("size_gib", .number(volume.size)), ("zone", .string(zone)),
            ("created_at", .string(volume.created)),
        ]
        return open(OrphanRecord(id: volume.id, madeAt: now, facts: facts, tags: volume.tags))
    }

    /// The ghosts, or the zombies, as they are now, newest first.
    func orphans(machines wantsMachines: Bool) -> [(record: OrphanRecord, state: String)] {
        orphanBook.all.filter { $0.id.hasPrefix("i-") == wantsMachines }.map { ($0, state(of: $0)) }
    }

    /// One of them by its id.
    func orphan(_ id: String) -> (record: OrphanRecord, state: String)? {
        orphanBook.record(id).map { ($0, state(of: $0)) }
    }

    /// A call was tried by `DryRun`, and would have been let through.
    mutating func noteTrial(_ call: String, on id: String, at now: Double) {
        orphanBook.note(id) { $0.add("tried", at: now, [("call", .string(call))]) }
    }

    private func state(of record: OrphanRecord) -> String {
        guard record.id.hasPrefix("i-") else { return volumes[record.id] == nil ? "deleted" : "available" }
        // What EC2 tells of no more has ended long ago.
        return machines[record.id]?.state.name ?? "terminated"
    }

    private mutating func open(_ record: OrphanRecord) -> OrphanRecord {
        orphanBook.open(record)
        return record
    }
}
