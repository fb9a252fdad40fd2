public import FoundationEssentials

/// Elastic Compute Cloud.
///
/// ## Traps
/// - What was launched a moment ago may not be found yet, by id (`notFound`) or by filter (missing).
/// - One unknown id fails a whole call by ids, and then nothing is terminated.
/// - Terminated instances stay visible for about an hour.
/// - Calls count against the customer's account together with those of its own controllers: ask for many at
///   once.
///
/// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/
public struct EC2: Sendable {
    let client: AWSClient

    /// Instances by their ids, up to 1000.
    ///
    /// - Throws: ``AWSError`` with code `notFound` if one of them is unknown.
    public func instances(ids: [String]) async throws(AWSError) -> [Instance] {
        guard !ids.isEmpty else { return [] }
        var parameters = QueryParameters()
        parameters.set("InstanceId", ids)
        // Ids and a page size exclude each other; pages may follow all the same.
        return try await instancePages(parameters).collect()
    }

    /// Instances by filters, also terminated ones.
    public func instances(filters: [Filter], pageSize: Int = 1000) -> AWSPages<Instance> {
        var parameters = QueryParameters()
        parameters.set(filters)
        parameters.set("MaxResults", pageSize)
        return instancePages(parameters)
    }

    /// Whether an instance is protected from being terminated by a call.
    ///
    /// - Throws: ``AWSError``; `invalidResponse` if the answer does not say it, which must not be taken for no.
    public func isTerminationProtected(_ id: String) async throws(AWSError) -> Bool {
        var parameters = QueryParameters()
        parameters.set("InstanceId", id)
        parameters.set("Attribute", "disableApiTermination")
        let root = try await client.query(.ec2, "DescribeInstanceAttribute", parameters)
        guard let value = try root.child("disableApiTermination")?.bool("value") else {
            throw AWSError(
                .invalidResponse,
                "the answer does not say whether the instance is protected",
                status: 200,
                action: "ec2:DescribeInstanceAttribute"
            )
        }
        return value
    }

    /// The health of instances, and the events AWS has scheduled for them.
    ///
    /// - Parameters:
    ///   - ids: Up to 100; empty for all that run.
    ///   - filters: As in `event.code`.
    ///   - includesStopped: Whether to tell of instances that don't run, too.
    ///   - pageSize: From 5 to 1000.
    /// - Returns: In no order.
    public func instanceStatuses(
        ids: [String] = [],
        filters: [Filter] = [],
        includesStopped: Bool = false,
        pageSize: Int = 1000
    ) -> AWSPages<InstanceStatus> {
        var parameters = QueryParameters()
        parameters.set("InstanceId", ids)
        parameters.set(filters)
        parameters.set("IncludeAllInstances", includesStopped)
        if ids.isEmpty { parameters.set("MaxResults", pageSize) }
        return pages("DescribeInstanceStatus", parameters, set: "instanceStatusSet") { xml throws(AWSError) in
            try InstanceStatus(xml)
        }
    }

    /// Spot prices in a time.
    ///
    /// - Parameters:
    ///   - instanceTypes: Empty for all.
    ///   - products: As in `Linux/UNIX`.
    ///   - zone: `nil` for all of the region.
    ///   - start: At most 90 days ago; now gives the present prices.
    ///   - end: `nil` for now.
    ///   - pageSize: Up to 1000.
    /// - Returns: In no order that matters: each says since when it holds.
    public func spotPrices(
        instanceTypes: [String] = [],
        products: [String] = ["Linux/UNIX", "Linux/UNIX (Amazon VPC)"],
        zone: String? = nil,
        from start: Date,
        to end: Date? = nil,
        pageSize: Int = 1000
    ) -> AWSPages<SpotPrice> {
        var parameters = QueryParameters()
        parameters.set("StartTime", start)
        parameters.set("EndTime", end)
        parameters.set("InstanceType", instanceTypes)
        parameters.set("ProductDescription", products)
        parameters.set("AvailabilityZone", zone)
        parameters.set("MaxResults", pageSize)
        return pages("DescribeSpotPriceHistory", parameters, set: "spotPriceHistorySet") {
            xml throws(AWSError) in
            try SpotPrice(xml)
        }
    }

    /// Versions of a launch template.
    ///
    /// - Parameters:
    ///   - template: Which; its version may be a number, `$Latest` or `$Default`.
    ///   - resolvesImage: Whether an image given as a parameter's name is looked up.
    /// - Returns: One for a version that is named, else all.
    public func launchTemplateVersions(
        of template: LaunchTemplate,
        resolvesImage: Bool = false
    ) -> AWSPages<LaunchTemplateVersion> {
        var parameters = QueryParameters()
        switch template.reference {
        case .id(let id): parameters.set("LaunchTemplateId", id)
        case .name(let name): parameters.set("LaunchTemplateName", name)
        }
        parameters.set("LaunchTemplateVersion", template.version.map { [$0] } ?? [])
        if resolvesImage { parameters.set("ResolveAlias", true) }
        return pages("DescribeLaunchTemplateVersions", parameters, set: "launchTemplateVersionSet") {
            xml throws(AWSError) in
            try LaunchTemplateVersion(xml)
        }
    }

    /// Subnets, by ids or filters.
    public func subnets(ids: [String] = [], filters: [Filter] = []) -> AWSPages<Subnet> {
        var parameters = QueryParameters()
        parameters.set("SubnetId", ids)
        parameters.set(filters)
        if ids.isEmpty { parameters.set("MaxResults", 1000) }
        return pages("DescribeSubnets", parameters, set: "subnetSet") { xml throws(AWSError) in
            try Subnet(xml)
        }
    }

    /// Types of instances offered in the region.
    ///
    /// - Parameters:
    ///   - names: Up to 100; empty for all.
    ///   - filters: As in `processor-info.supported-architecture`.
    /// - Returns: In no order.
    public func instanceTypes(_ names: [String] = [], filters: [Filter] = []) -> AWSPages<InstanceType> {
        var parameters = QueryParameters()
        parameters.set("InstanceType", names)
        parameters.set(filters)
        if names.isEmpty { parameters.set("MaxResults", 100) }
        return pages("DescribeInstanceTypes", parameters, set: "instanceTypeSet") { xml throws(AWSError) in
            try InstanceType(xml)
        }
    }

    private func instancePages(_ parameters: QueryParameters) -> AWSPages<Instance> {
        AWSPages { token throws(AWSError) in
            let root = try await page("DescribeInstances", parameters, token)
            var instances: [Instance] = []
            for reservation in root.items("reservationSet") {
                let owner = reservation.string("ownerId")
                instances += try reservation.map("instancesSet") { xml throws(AWSError) in
                    try Instance(xml, owner: owner)
                }
            }
            return AWSPages.Page(items: instances, nextToken: root.string("nextToken"))
        }
    }

    func pages<Item: Sendable>(
        _ action: String,
        _ parameters: QueryParameters,
        set: String,
        _ read: @escaping @Sendable (XMLElement) throws(AWSError) -> Item
    ) -> AWSPages<Item> {
        AWSPages { token throws(AWSError) in
            let root = try await page(action, parameters, token)
            return AWSPages.Page(items: try root.map(set, "item", read), nextToken: root.string("nextToken"))
        }
    }

    private func page(
        _ action: String,
        _ parameters: QueryParameters,
        _ token: String?
    ) async throws(AWSError) -> XMLElement {
        var parameters = parameters
        parameters.set("NextToken", token)
        return try await client.query(.ec2, action, parameters)
    }
}
