extension EC2Service {
    func createFleet(_ form: QueryForm) throws(AWSFault) -> [XML] {
        guard form["Type"] == "instant" else {
            throw AWSFault(
                code: "UnsupportedOperation",
                message: "The sandbox only knows fleets of type instant."
            )
        }
        let prefix = "TargetCapacitySpecification."
        guard let capacity = try form.int(prefix + "TotalTargetCapacity", in: 1...1000) else {
            throw .missing(prefix + "TotalTargetCapacity")
        }
        let isSpot = (form[prefix + "DefaultTargetCapacityType"] ?? "on-demand") == "spot"
        let configuration = "LaunchTemplateConfigs.1."
        let specification = configuration + "LaunchTemplateSpecification."
        let cluster = try template(form, prefix: specification, version: form[specification + "Version"])
        let overrides = form.prefixes(configuration + "Overrides", with: "InstanceType", "SubnetId")
        guard overrides.count <= 300 else {
            throw AWSFault(code: "InvalidFleetConfig", message: "A fleet has at most 300 overrides.")
        }
        try permitLaunch(form)
        guard !form.isDryRun else { throw .dryRun }
        return try account.launches.once(form, in: call.region, isAlive: { _ in true }) {
            () throws(AWSFault) in
            fleet(form, capacity, isSpot: isSpot, cluster, overrides)
        }
    }

    private func fleet(
        _ form: QueryForm,
        _ capacity: Int,
        isSpot: Bool,
        _ cluster: SimulatedCluster,
        _ overrides: [String]
    ) -> (answer: [XML], machines: [String]) {
        var errors: [[XML]] = []
        var places: [Place] = []
        for prefix in overrides.isEmpty ? ["none."] : overrides {
            let (type, subnet) = (form[prefix + "InstanceType"] ?? "m5.large", form[prefix + "SubnetId"])
            do throws(AWSFault) {
                let zone = form[prefix + "AvailabilityZone"]
                places.append(try place(type, subnet: subnet, zone: zone, of: cluster))
            } catch {
                errors.append(Self.refusal(error, type: type, subnet: subnet, isSpot: isSpot, cluster))
            }
        }
        // The cheapest that is to be had.
        let ranked = places.sorted { cost($0, isSpot: isSpot) < cost($1, isSpot: isSpot) }
        var launches: [[XML]] = []
        var machines: [String] = []
        for place in ranked {
            guard !isSpot || !place.pool.isDry else {
                errors.append(
                    Self.refusal(
                        Self.dry(place),
                        type: place.type.name,
                        subnet: place.subnet.id,
                        isSpot: isSpot,
                        cluster
                    )
                )
                continue
            }
            let tags = form.tags(for: "instance")
            let ids = (0..<capacity).map { _ in launch(place, isSpot: isSpot, tags, nil, in: cluster).id }
            machines += ids
            launches.append([
                Self.origin(place.type.name, place.subnet.id, place.subnet.zone, cluster),
                XML("lifecycle", isSpot ? "spot" : "on-demand"), XML("instanceIds", texts: ids),
                XML("instanceType", place.type.name),
            ])
            break
        }
        let fleet = "fleet-\((machines.first ?? "i-none").dropFirst(2))"
        return (
            [
                XML("fleetId", fleet), XML("errorSet", items: errors),
                XML("fleetInstanceSet", items: launches),
            ],
            machines
        )
    }

    private func cost(_ place: Place, isSpot: Bool) -> (Int, String, String) {
        (isSpot ? place.pool.price : place.type.price * 100, place.type.name, place.subnet.zone)
    }

    private static func refusal(
        _ fault: AWSFault,
        type: String,
        subnet: String?,
        isSpot: Bool,
        _ cluster: SimulatedCluster
    ) -> [XML] {
        let zone = cluster.model.network.subnets.first { $0.id == subnet }?.zone
        return [
            origin(type, subnet, zone, cluster), XML("lifecycle", isSpot ? "spot" : "on-demand"),
            XML("errorCode", fault.code), XML("errorMessage", fault.message),
        ]
    }

    private static func origin(
        _ type: String,
        _ subnet: String?,
        _ zone: String?,
        _ cluster: SimulatedCluster
    )
        -> XML
    {
        var overrides = [XML("instanceType", type)]
        if let subnet { overrides.append(XML("subnetId", subnet)) }
        if let zone { overrides.append(XML("availabilityZone", zone)) }
        let template = [XML("launchTemplateId", cluster.model.network.templateID), XML("version", "1")]
        return XML(
            "launchTemplateAndOverrides",
            [XML("launchTemplateSpecification", template), XML("overrides", overrides)]
        )
    }
}
