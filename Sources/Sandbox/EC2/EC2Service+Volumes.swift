extension EC2Service {
    /// Something of a cluster that is not a machine.
    struct Found<Item: Sendable>: Sendable {
        let item: Item
        let cluster: SimulatedCluster
    }

    func describeVolumes(_ form: QueryForm) throws(AWSFault) -> [XML] {
        let ids = form.list("VolumeId")
        let filters = try ResourceFilters(
            form,
            names: [
                "volume-id", "status", "availability-zone", "size", "volume-type", "attachment.instance-id",
                "attachment.status",
            ]
        )
        guard !form.isDryRun else { throw .dryRun }
        let all = ids.isEmpty ? volumes : try ids.map { id throws(AWSFault) in try volume(id) }
        let found = all.map(\.item).filter { volume in
            filters.match(tags: volume.tags) { name in
                switch name {
                case "volume-id": [volume.id]
                case "status": [volume.state]
                case "availability-zone": [volume.zone]
                case "size": ["\(volume.size)"]
                case "volume-type": ["gp3"]
                case "attachment.instance-id": volume.machine.map { [$0] } ?? []
                default: volume.machine == nil ? [] : ["attached"]
                }
            }
        }
        let page = try ResultPage(found, form) { $0.id }
        return [XML("volumeSet", items: page.items.map(Self.members))] + page.next
    }

    func describeSnapshots(_ form: QueryForm) throws(AWSFault) -> [XML] {
        let ids = form.list("SnapshotId")
        if let other = form.list("Owner").first(where: { $0 != "self" && $0 != CustomerAccount.id }) {
            throw .invalid("Owner", other)
        }
        let filters = try ResourceFilters(form, names: ["volume-id", "status", "snapshot-id", "owner-id"])
        guard !form.isDryRun else { throw .dryRun }
        let all = ids.isEmpty ? snapshots : try ids.map { id throws(AWSFault) in try snapshot(id) }
        let found = all.map(\.item).filter { snapshot in
            filters.match(tags: snapshot.tags) { name in
                switch name {
                case "volume-id": [snapshot.volumeID]
                case "status": [state(of: snapshot)]
                case "snapshot-id": [snapshot.id]
                default: [CustomerAccount.id]
                }
            }
        }
        let page = try ResultPage(found, form) { $0.id }
        return [XML("snapshotSet", items: page.items.map(members))] + page.next
    }

    func createSnapshot(_ form: QueryForm) throws(AWSFault) -> [XML] {
        let found = try volume(try form.required("VolumeId"))
        let tags = form.tags(for: "snapshot")
        try permit("ec2:CreateSnapshot", on: arn("volume/\(found.item.id)"), tags: found.item.tags)
        // Copies are of no account in ARNs.
        let copies = "arn:aws:ec2:\(call.region)::snapshot/*"
        try permit("ec2:CreateSnapshot", on: copies)
        if !tags.isEmpty { try permit("ec2:CreateTags", on: copies, ["ec2:CreateAction": "CreateSnapshot"]) }
        guard !form.isDryRun else { throw .dryRun }
        return members(
            of: at(found.cluster) { state in
                state.copy(found.item, form["Description"] ?? "", tags: tags, at: call.time)
            }
        )
    }

    func deleteVolume(_ form: QueryForm) throws(AWSFault) -> [XML] {
        let found = try volume(try form.required("VolumeId"))
        try permit("ec2:DeleteVolume", on: arn("volume/\(found.item.id)"), tags: found.item.tags)
        guard !form.isDryRun else {
            at(found.cluster) { state in state.noteTrial("DeleteVolume", on: found.item.id, at: call.time) }
            throw .dryRun
        }
        if let machine = found.item.machine {
            throw AWSFault(
                code: "VolumeInUse",
                message: "Volume \(found.item.id) is currently attached to \(machine)"
            )
        }
        at(found.cluster) { $0.deleteVolume(found.item.id, at: call.time) }
        return [XML("return", true)]
    }

    // MARK: - Finding

    func volume(_ id: String) throws(AWSFault) -> Found<Volume> {
        guard let found = volumes.first(where: { $0.item.id == id }) else {
            throw AWSFault(code: "InvalidVolume.NotFound", message: "The volume '\(id)' does not exist.")
        }
        return found
    }

    func snapshot(_ id: String) throws(AWSFault) -> Found<Snapshot> {
        guard let found = snapshots.first(where: { $0.item.id == id }) else {
            throw AWSFault(code: "InvalidSnapshot.NotFound", message: "The snapshot '\(id)' does not exist.")
        }
        return found
    }

    /// All disks of the region, in the order of their ids.
    private var volumes: [Found<Volume>] {
        clusters.flatMap { cluster in
            at(cluster) { $0.allVolumes.map { Found(item: $0, cluster: cluster) } }
        }.sorted { $0.item.id < $1.item.id }
    }

    private var snapshots: [Found<Snapshot>] {
        clusters.flatMap { cluster in
            at(cluster) { $0.snapshots.values.map { Found(item: $0, cluster: cluster) } }
        }.sorted { $0.item.id < $1.item.id }
    }

    // MARK: - Wire

    private static func members(of volume: Volume) -> [XML] {
        let attachments = volume.machine.map { machine in
            [
                [
                    XML("volumeId", volume.id), XML("instanceId", machine), XML("device", "/dev/xvda"),
                    XML("status", "attached"), XML("deleteOnTermination", true),
                ]
            ]
        }
        return [
            XML("volumeId", volume.id), XML("size", volume.size), XML("availabilityZone", volume.zone),
            XML("status", volume.state), XML("createTime", volume.created.dropLast() + ".000Z"),
            XML("volumeType", "gp3"), XML("encrypted", true),
            XML("attachmentSet", items: attachments ?? []), XML.tags(volume.tags),
        ]
    }

    private func state(of snapshot: Snapshot) -> String {
        call.time >= snapshot.completeAt ? "completed" : "pending"
    }

    private func members(of snapshot: Snapshot) -> [XML] {
        [
            XML("snapshotId", snapshot.id), XML("volumeId", snapshot.volumeID),
            XML("status", state(of: snapshot)), XML("startTime", Timestamp.precise(snapshot.startedAt)),
            XML("progress", state(of: snapshot) == "completed" ? "100%" : "10%"),
            XML("ownerId", CustomerAccount.id), XML("volumeSize", snapshot.size),
            XML("description", snapshot.description), XML.tags(snapshot.tags),
        ]
    }
}
