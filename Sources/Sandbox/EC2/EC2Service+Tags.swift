extension EC2Service {
    /// What can be tagged, with the tags that it has.
    private struct Tagged {
        let id: String
        let arn: String
        let tags: [String: String]
        let cluster: SimulatedCluster
    }

    /// Of machines, disks and their copies: nothing else here can be tagged.
    func changeTags(_ form: QueryForm, removes: Bool) throws(AWSFault) -> [XML] {
        let ids = form.list("ResourceId")
        guard !ids.isEmpty else { throw .missing("ResourceId") }
        let tags = form.prefixes("Tag", with: "Key").compactMap { prefix in
            form[prefix + "Key"].map { ($0, form.values[prefix + "Value"]) }
        }
        guard removes || !tags.isEmpty else { throw .missing("Tag") }
        guard !tags.contains(where: { $0.0.hasPrefix("aws:") }) else {
            throw AWSFault(
                code: "InvalidParameterValue",
                message: "Tag keys starting with 'aws:' are reserved for internal use"
            )
        }
        let resources = try ids.map { id throws(AWSFault) in try tagged(id) }
        for resource in resources { try permit("ec2:\(form.action)", on: resource.arn, tags: resource.tags) }
        guard !form.isDryRun else { throw .dryRun }
        for resource in resources {
            at(resource.cluster) { state in
                for (key, value) in tags {
                    // With a value, only a tag of that value is removed.
                    let isOther = removes && value.map { $0 != resource.tags[key] } ?? false
                    if !isOther {
                        state.setTag(key, removes ? nil : value ?? "", on: resource.id, at: call.time)
                    }
                }
            }
        }
        return [XML("return", true)]
    }

    private func tagged(_ id: String) throws(AWSFault) -> Tagged {
        if id.hasPrefix("vol-") {
            let found = try volume(id)
            return Tagged(id: id, arn: arn("volume/\(id)"), tags: found.item.tags, cluster: found.cluster)
        }
        if id.hasPrefix("snap-") {
            let found = try snapshot(id)
            let arn = "arn:aws:ec2:\(call.region)::snapshot/\(id)"
            return Tagged(id: id, arn: arn, tags: found.item.tags, cluster: found.cluster)
        }
        let placed = try machines([id])[0]
        return Tagged(
            id: id,
            arn: arn("instance/\(id)"),
            tags: placed.machine.tags,
            cluster: placed.cluster
        )
    }
}
