extension EC2Service {
    /// A type in a subnet that may be launched.
    struct Place {
        let type: InstanceType
        let subnet: ClusterNetwork.Subnet

        var pool: SpotPool { SpotPool(type: type, zone: subnet.zone) }
    }

    func runInstances(_ form: QueryForm) throws(AWSFault) -> [XML] {
        guard let least = try form.int("MinCount", in: 1...1000),
            let count = try form.int("MaxCount", in: 1...1000),
            least <= count
        else { throw .missing("MinCount, MaxCount") }
        guard form["LaunchTemplate.LaunchTemplateId"] ?? form["LaunchTemplate.LaunchTemplateName"] != nil
        else {
            guard let image = form["ImageId"] else { throw .missing("ImageId") }
            throw AWSFault(
                code: "InvalidAMIID.NotFound",
                message: "The image id '[\(image)]' does not exist"
            )
        }
        let cluster = try template(form, prefix: "LaunchTemplate.", version: form["LaunchTemplate.Version"])
        let place = try place(
            form["InstanceType"] ?? "m5.large",
            subnet: form["SubnetId"],
            zone: form["Placement.AvailabilityZone"],
            of: cluster
        )
        let market = form["InstanceMarketOptions.MarketType"]
        guard [nil, "spot"].contains(market) else {
            throw .invalid("InstanceMarketOptions.MarketType", market ?? "")
        }
        try permitLaunch(form)
        guard !form.isDryRun else { throw .dryRun }
        return try account.launches.once(form, in: call.region, isAlive: isAlive) { () throws(AWSFault) in
            guard market == nil || !place.pool.isDry else { throw Self.dry(place) }
            let tags = form.tags(for: "instance")
            var placed: [Placed] = []
            for _ in 0..<count {
                let machine = launch(place, isSpot: market != nil, tags, form["ClientToken"], in: cluster)
                placed.append(Placed(machine: machine, cluster: cluster))
            }
            let answer = [
                XML("reservationId", placed[0].machine.reservation), XML("ownerId", CustomerAccount.id),
                XML("groupSet", items: []), XML("instancesSet", items: placed.map(Self.members)),
            ]
            return (answer, placed.map(\.machine.id))
        }
    }

    /// The cluster whose launch template a call names.
    ///
    /// - Parameters:
    ///   - form: The call.
    ///   - prefix: Of the template's parameters.
    ///   - version: The one that is wanted; there is only one.
    /// - Returns: The cluster.
    /// - Throws: ``AWSFault`` if there is no such template, or no such version.
    func template(_ form: QueryForm, prefix: String, version: String?) throws(AWSFault) -> SimulatedCluster {
        let found: SimulatedCluster?
        if let id = form[prefix + "LaunchTemplateId"] {
            guard id.hasPrefix("lt-") else {
                throw AWSFault(code: "InvalidLaunchTemplateId.Malformed", message: "Invalid id: \"\(id)\"")
            }
            found = clusters.first { $0.model.network.templateID == id }
            guard found != nil else {
                throw AWSFault(
                    code: "InvalidLaunchTemplateId.NotFoundException",
                    message: "The launch template with ID \(id) does not exist"
                )
            }
        } else {
            let name = try form.required(prefix + "LaunchTemplateName")
            found = clusters.first { "\($0.model.name)-nodes" == name }
        }
        guard let found else {
            throw AWSFault(
                code: "InvalidLaunchTemplateName.NotFoundException",
                message: "The specified launch template does not exist."
            )
        }
        guard [nil, "1", "$Latest", "$Default"].contains(version) else {
            throw AWSFault(
                code: "InvalidLaunchTemplateId.VersionNotFound",
                message: "Could not find the specified version \(version ?? "") for the launch template."
            )
        }
        return found
    }

    func place(_ type: String, subnet: String?, zone: String?, of cluster: SimulatedCluster)
        throws(AWSFault) -> Place
    {
        guard let found = InstanceType.named(type) else {
            throw .invalid("InstanceType", type)
        }
        guard let subnet else {
            throw AWSFault(
                code: "VPCIdNotSpecified",
                message:
                    "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC."
            )
        }
        guard let own = cluster.model.network.subnets.first(where: { $0.id == subnet }) else {
            let isOthers = clusters.contains { $0.model.network.subnets.contains { $0.id == subnet } }
            guard isOthers else {
                throw AWSFault(
                    code: "InvalidSubnetID.NotFound",
                    message: "The subnet ID '\(subnet)' does not exist"
                )
            }
            throw AWSFault(
                code: "InvalidParameter",
                message:
                    "Security group \(cluster.model.network.groupID) and subnet \(subnet) belong to different"
                    + " networks."
            )
        }
        guard zone == nil || zone == own.zone else {
            throw AWSFault(
                code: "InvalidParameterValue",
                message: "The availability zone '\(zone ?? "")' is not that of subnet '\(subnet)'"
            )
        }
        return Place(type: found, subnet: own)
    }

    func launch(
        _ place: Place,
        isSpot: Bool,
        _ tags: [String: String],
        _ token: String?,
        in cluster: SimulatedCluster
    ) -> Machine {
        at(cluster) { state in
            var launch = ClusterState.Launch(
                type: place.type,
                subnet: place.subnet,
                isSpot: isSpot,
                tags: tags
            )
            // The template's own tags are added to the call's.
            launch.tags[state.ownershipTag] = tags[state.ownershipTag] ?? "owned"
            launch.clientToken = token
            return state.launch(launch, at: call.time)
        }
    }

    private func isAlive(_ id: String) -> Bool { machine(id)?.machine.isAlive == true }

    static func dry(_ place: Place) -> AWSFault {
        AWSFault(
            code: "InsufficientInstanceCapacity",
            message:
                "We currently do not have sufficient \(place.type.name) capacity in the Availability Zone you"
                + " requested (\(place.subnet.zone)).",
            status: 500
        )
    }
}
