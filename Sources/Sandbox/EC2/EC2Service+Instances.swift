extension EC2Service {
    func instances(_ form: QueryForm) throws(AWSFault) -> [XML] {
        let ids = form.list("InstanceId")
        guard ids.isEmpty || form["MaxResults"] == nil else {
            throw AWSFault(
                code: "InvalidParameterCombination",
                message: "The parameter instancesSet cannot be used with the parameter maxResults"
            )
        }
        let filters = try ResourceFilters(
            form,
            names: [
                "instance-state-name", "instance-id", "instance-type", "availability-zone", "subnet-id",
                "vpc-id",
                "instance-lifecycle", "private-dns-name", "client-token",
            ]
        )
        guard !form.isDryRun else { throw .dryRun }
        let all = ids.isEmpty ? everything : try machines(ids)
        let found = all.filter { placed in Self.match(filters, placed) }
        let page = try ResultPage(found, form) { $0.machine.id }
        let reservations = Dictionary(grouping: page.items) { $0.machine.reservation }
        let items = reservations.sorted { $0.key < $1.key }.map { reservation, placed in
            [
                XML("reservationId", reservation), XML("ownerId", CustomerAccount.id),
                XML("groupSet", items: []),
                XML("instancesSet", items: placed.map(Self.members)),
            ]
        }
        return [XML("reservationSet", items: items)] + page.next
    }

    func statuses(_ form: QueryForm) throws(AWSFault) -> [XML] {
        let ids = form.list("InstanceId")
        let filters = try ResourceFilters(
            form,
            names: ["instance-state-name", "availability-zone", "event.code", "instance-status.status"]
        )
        guard !form.isDryRun else { throw .dryRun }
        let all = (ids.isEmpty ? everything : try machines(ids)).filter { placed in
            (form["IncludeAllInstances"] == "true" || placed.machine.state == .running)
                && Self.match(filters, placed)
        }
        let page = try ResultPage(all, form) { $0.machine.id }
        let items = page.items.map { placed in
            let machine = placed.machine
            let isRunning = machine.state == .running
            let health = [XML("status", isRunning ? "ok" : "not-applicable")]
            return [
                XML("instanceId", machine.id), XML("availabilityZone", machine.zone),
                Self.state("instanceState", machine.state), XML("systemStatus", health),
                XML("instanceStatus", health), XML("eventsSet", items: []),
            ]
        }
        return [XML("instanceStatusSet", items: items)] + page.next
    }

    func terminate(_ form: QueryForm) throws(AWSFault) -> [XML] {
        let ids = form.list("InstanceId")
        guard !ids.isEmpty else { throw .missing("InstanceId") }
        let placed = try machines(ids)
        try permit("ec2:TerminateInstances", on: placed)
        guard !form.isDryRun else {
            for placed in placed {
                at(placed.cluster) { state in
                    state.noteTrial("TerminateInstances", on: placed.machine.id, at: call.time)
                }
            }
            throw .dryRun
        }
        let items = placed.compactMap { placed -> [XML]? in
            let id = placed.machine.id
            guard let change = at(placed.cluster, { $0.terminate(id, at: call.time) }) else { return nil }
            return [
                XML("instanceId", id), Self.state("currentState", change.now),
                Self.state("previousState", change.before),
            ]
        }
        return [XML("instancesSet", items: items)]
    }

    /// Of the attributes that can be asked for, the one that keeps a machine from being terminated.
    func attribute(_ form: QueryForm) throws(AWSFault) -> [XML] {
        let placed = try machines([try form.required("InstanceId")])
        let name = try form.required("Attribute")
        guard name == "disableApiTermination" else { throw .invalid("Attribute", name) }
        guard !form.isDryRun else { throw .dryRun }
        return [
            XML("instanceId", placed[0].machine.id), XML("disableApiTermination", [XML("value", false)]),
        ]
    }

    /// All machines of the region, in the order of their ids.
    var everything: [Placed] {
        clusters.flatMap { cluster in
            at(cluster) { $0.machines.values.map { Placed(machine: $0, cluster: cluster) } }
        }.sorted { $0.machine.id < $1.machine.id }
    }

    private static func match(_ filters: ResourceFilters, _ placed: Placed) -> Bool {
        let machine = placed.machine
        return filters.match(tags: machine.tags) { name in
            switch name {
            case "instance-state-name": [machine.state.name]
            case "instance-id": [machine.id]
            case "instance-type": [machine.type.name]
            case "availability-zone": [machine.zone]
            case "subnet-id": [machine.subnetID]
            case "vpc-id": [placed.cluster.model.network.vpcID]
            case "instance-lifecycle": machine.isSpot ? ["spot"] : []
            case "private-dns-name": [machine.privateName]
            case "client-token": machine.clientToken.map { [$0] } ?? []
            case "instance-status.status": [machine.state == .running ? "ok" : "not-applicable"]
            default: []
            }
        }
    }

    static func state(_ name: String, _ state: Machine.State) -> XML {
        XML(name, [XML("code", state.rawValue), XML("name", state.name)])
    }

    static func members(of placed: Placed) -> [XML] {
        let machine = placed.machine
        let network = placed.cluster.model.network
        let group = [XML("groupId", network.groupID), XML("groupName", "\(placed.cluster.model.name)-nodes")]
        let root = [
            XML("volumeId", machine.rootVolumeID), XML("status", "attached"),
            XML("deleteOnTermination", true),
        ]
        var members = [
            XML("instanceId", machine.id), XML("imageId", network.imageID),
            state("instanceState", machine.state),
            XML("privateDnsName", machine.isAlive ? machine.privateName : ""), XML("dnsName", ""),
            XML("amiLaunchIndex", 0), XML("instanceType", machine.type.name),
            XML("launchTime", machine.launched.dropLast() + ".000Z"),
            XML("placement", [XML("availabilityZone", machine.zone), XML("tenancy", "default")]),
            XML("architecture", machine.type.processor), XML("rootDeviceType", "ebs"),
            XML("virtualizationType", "hvm"), XML("hypervisor", "xen"), XML("ebsOptimized", true),
            XML("clientToken", machine.clientToken ?? ""),
            XML.tags(machine.tags),
        ]
        if machine.isAlive {
            members += [
                XML("privateIpAddress", machine.address), XML("subnetId", machine.subnetID),
                XML("vpcId", network.vpcID), XML("groupSet", items: [group]),
                XML("blockDeviceMapping", items: [[XML("deviceName", "/dev/xvda"), XML("ebs", root)]]),
            ]
        }
        if machine.isSpot {
            members += [
                XML("instanceLifecycle", "spot"),
                XML("spotInstanceRequestId", "sir-\(machine.id.suffix(8))"),
            ]
        }
        if let reason = machine.stateReason {
            members.append(XML("stateReason", [XML("code", reason.code), XML("message", reason.message)]))
        }
        return members
    }
}
