import FoundationEssentials

extension EC2Service {
    func types(_ form: QueryForm) throws(AWSFault) -> [XML] {
        let names = form.list("InstanceType")
        let filters = try ResourceFilters(
            form,
            names: [
                "processor-info.supported-architecture", "bare-metal", "current-generation", "instance-type",
                "supported-usage-class", "vcpu-info.default-vcpus", "memory-info.size-in-mib",
            ]
        )
        let unknown = names.filter { InstanceType.named($0) == nil }
        guard unknown.isEmpty else {
            throw AWSFault(
                code: "InvalidInstanceType",
                message:
                    "The following supplied instance types do not exist: [\(unknown.joined(separator: ", "))]"
            )
        }
        guard !form.isDryRun else { throw .dryRun }
        let found = InstanceType.offered.filter { type in
            (names.isEmpty || names.contains(type.name))
                && filters.match { name in
                    switch name {
                    case "processor-info.supported-architecture": [type.processor]
                    case "bare-metal": ["false"]
                    case "current-generation": ["true"]
                    case "instance-type": [type.name]
                    case "supported-usage-class": ["on-demand", "spot"]
                    case "vcpu-info.default-vcpus": ["\(type.cpus)"]
                    case "memory-info.size-in-mib": ["\(type.memoryMiB)"]
                    default: []
                    }
                }
        }.sorted { $0.name < $1.name }
        let page = try ResultPage(found, form, limits: 5...100) { $0.name }
        return [XML("instanceTypeSet", items: page.items.map(Self.members))] + page.next
    }

    private static func members(of type: InstanceType) -> [XML] {
        [
            XML("instanceType", type.name), XML("currentGeneration", true), XML("freeTierEligible", false),
            XML("supportedUsageClasses", texts: ["on-demand", "spot"]),
            XML("supportedRootDeviceTypes", texts: ["ebs"]), XML("bareMetal", false),
            XML("hypervisor", "nitro"),
            XML("processorInfo", [XML("supportedArchitectures", texts: [type.processor])]),
            XML("vCpuInfo", [XML("defaultVCpus", type.cpus), XML("defaultCores", max(1, type.cpus / 2))]),
            XML("memoryInfo", [XML("sizeInMiB", type.memoryMiB)]), XML("instanceStorageSupported", false),
            XML(
                "networkInfo",
                [
                    XML("maximumNetworkInterfaces", type.network.interfaces),
                    XML("ipv4AddressesPerInterface", type.network.addresses),
                ]
            ),
            XML("burstablePerformanceSupported", false), XML("dedicatedHostsSupported", true),
        ]
    }

    func subnets(_ form: QueryForm) throws(AWSFault) -> [XML] {
        let ids = form.list("SubnetId")
        let filters = try ResourceFilters(
            form,
            names: ["vpc-id", "state", "availability-zone", "subnet-id", "owner-id"]
        )
        var found: [(id: String, members: [XML])] = []
        for cluster in clusters {
            let network = cluster.model.network
            // A machine has an address as long as it lives.
            let used = at(cluster) { state in
                Dictionary(grouping: state.machines.values.filter(\.isAlive), by: \.subnetID).mapValues(
                    \.count
                )
            }
            for subnet in network.subnets where ids.isEmpty || ids.contains(subnet.id) {
                let tags = [
                    "kubernetes.io/cluster/\(cluster.model.name)": "shared",
                    "kubernetes.io/role/internal-elb": "1", "Name": "\(cluster.model.name)-\(subnet.zone)",
                ]
                let matches = filters.match(tags: tags) { name in
                    switch name {
                    case "vpc-id": [network.vpcID]
                    case "state": ["available"]
                    case "availability-zone": [subnet.zone]
                    case "subnet-id": [subnet.id]
                    case "owner-id": [CustomerAccount.id]
                    default: []
                    }
                }
                guard matches else { continue }
                found.append(
                    (
                        subnet.id,
                        [
                            XML("subnetId", subnet.id), XML("state", "available"),
                            XML("vpcId", network.vpcID),
                            XML("cidrBlock", subnet.block),
                            XML("availableIpAddressCount", subnet.addresses - used[subnet.id, default: 0]),
                            XML("availabilityZone", subnet.zone), XML("defaultForAz", false),
                            XML("mapPublicIpOnLaunch", false), XML("ownerId", CustomerAccount.id),
                            XML.tags(tags),
                        ]
                    )
                )
            }
        }
        let known = Set(clusters.flatMap { $0.model.network.subnets.map(\.id) })
        if let unknown = ids.first(where: { !known.contains($0) }) {
            throw AWSFault(
                code: "InvalidSubnetID.NotFound",
                message: "The subnet ID '\(unknown)' does not exist"
            )
        }
        guard !form.isDryRun else { throw .dryRun }
        let page = try ResultPage(found.sorted { $0.id < $1.id }, form) { $0.id }
        return [XML("subnetSet", items: page.items.map(\.members))] + page.next
    }

    func templateVersions(_ form: QueryForm) throws(AWSFault) -> [XML] {
        let cluster = try template(form, prefix: "", version: form["LaunchTemplateVersion.1"])
        guard !form.isDryRun else { throw .dryRun }
        let network = cluster.model.network
        let tags = ["kubernetes.io/cluster/\(cluster.model.name)": "owned"]
        let data = XML(
            "launchTemplateData",
            [
                XML("imageId", network.imageID), XML("instanceType", "m5.large"),
                // What makes a machine join; not shown in full, as nobody needs it here.
                XML("userData", "bm9kZWFkbSBpbml0"),
                XML("iamInstanceProfile", [XML("name", "\(cluster.model.name)-node")]),
                XML("securityGroupIdSet", texts: [network.groupID]),
                XML("tagSpecificationSet", items: [[XML("resourceType", "instance"), XML.tags(tags)]]),
            ]
        )
        let version = [
            XML("launchTemplateId", network.templateID),
            XML("launchTemplateName", "\(cluster.model.name)-nodes"), XML("versionNumber", 1),
            XML("createTime", "2026-01-01T00:00:00.000Z"), XML("defaultVersion", true), data,
        ]
        return [XML("launchTemplateVersionSet", items: [version])]
    }

    func spotPrices(_ form: QueryForm) throws(AWSFault) -> [XML] {
        let names = form.list("InstanceType")
        let zones = ["a", "b", "c"].map { call.region + $0 }
            .filter { form["AvailabilityZone"] == nil || form["AvailabilityZone"] == $0 }
        guard !form.isDryRun else { throw .dryRun }
        let since = Timestamp.text(Date(timeIntervalSince1970: (call.time / 3600).rounded(.down) * 3600))
        var prices: [(id: String, members: [XML])] = []
        for type in InstanceType.offered where names.isEmpty || names.contains(type.name) {
            for zone in zones {
                let price = SpotPool(type: type, zone: zone).price
                let digits = String(price % 100_000)
                prices.append(
                    (
                        "\(type.name)/\(zone)",
                        [
                            XML("instanceType", type.name), XML("productDescription", "Linux/UNIX"),
                            XML(
                                "spotPrice",
                                "\(price / 100_000).\(String(repeating: "0", count: 5 - digits.count))\(digits)0"
                            ),
                            XML("timestamp", since.dropLast() + ".000Z"), XML("availabilityZone", zone),
                        ]
                    )
                )
            }
        }
        let page = try ResultPage(prices.sorted { $0.id < $1.id }, form, limits: 1...1000) { $0.id }
        return [XML("spotPriceHistorySet", items: page.items.map(\.members))] + page.next
    }
}
