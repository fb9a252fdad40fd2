extension ClusterState {
    /// The disks that applications store on.
    ///
    /// None is mounted, as their StatefulSets sleep: what a scan must not take for forgotten.
    mutating func addStorage() {
        for (index, subnet) in network.subnets.prefix(2).enumerated() {
            let claim = Volume.Claim(namespace: "data", name: "data-archive-\(index)", uid: generator.uid())
            let volume = Volume(
                id: "vol-0\(generator.hexadecimal(16))",
                size: 100,
                zone: subnet.zone,
                created: Timestamp.random(using: &generator),
                claim: claim,
                tags: [
                    ownershipTag: "owned", "ebs.csi.aws.com/cluster": "true",
                    "CSIVolumeName": "pvc-\(claim.uid)",
                    "kubernetes.io/created-for/pvc/namespace": claim.namespace,
                    "kubernetes.io/created-for/pvc/name": claim.name,
                ]
            )
            volumes[volume.id] = volume
        }
    }

    /// All disks in the order of their ids: the roots of machines, too, which come and go with them.
    var allVolumes: [Volume] {
        let roots = machines.values.filter(\.isAlive).map { machine in
            Volume(
                id: machine.rootVolumeID,
                size: 40,
                zone: machine.zone,
                created: machine.launched,
                machine: machine.id,
                tags: [ownershipTag: "owned", "Name": "\(name)-node"]
            )
        }
        return (Array(volumes.values) + roots).sorted { $0.id < $1.id }
    }

    /// Begins a copy of a disk.
    mutating func copy(_ volume: Volume, _ description: String, tags: [String: String], at now: Double)
        -> Snapshot
    {
        let snapshot = Snapshot(
            id: "snap-0\(generator.hexadecimal(16))",
            volumeID: volume.id,
            size: volume.size,
            startedAt: now,
            completeAt: now + pace.snapshotSeconds,
            description: description,
            tags: tags
        )
        snapshots[snapshot.id] = snapshot
        orphanBook.note(volume.id) { record in
            record.add("copied", at: now, [("snapshot_id", .string(snapshot.id))])
        }
        return snapshot
    }

    /// Deletes a disk that is attached to nothing.
    mutating func deleteVolume(_ id: String, at now: Double) {
        volumes[id] = nil
        orphanBook.note(id) { $0.end(by: "DeleteVolume", at: now) }
    }

    /// Sets a tag of a machine, a disk or a copy, or takes it away.
    mutating func setTag(_ key: String, _ value: String?, on id: String, at now: Double) {
        machines[id]?.tags[key] = value
        volumes[id]?.tags[key] = value
        snapshots[id]?.tags[key] = value
        orphanBook.note(id) { $0.tag(key, value, at: now) }
    }
}
