/// The Elastic Compute Cloud of a region: the machines of its clusters.
///
/// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/
struct EC2Service: Sendable {
    let account: CustomerAccount
    let call: AWSRoutes.Call

    var clusters: [SimulatedCluster] { account.clusters(in: call.region) }

    /// Answers a call.
    ///
    /// - Returns: The members of the response.
    /// - Throws: ``AWSFault``.
    func answer(_ form: QueryForm) throws(AWSFault) -> [XML] {
        guard Self.actions.contains(form.action) else {
            throw .invalidAction(form.action, form["Version"] ?? "")
        }
        // The fleet's own account has no rights here, and no machines.
        guard case .session = call.caller else { throw .unauthorized }
        if form.action.hasPrefix("Describe") { try permit("ec2:\(form.action)", on: "*") }
        switch form.action {
        case "DescribeInstances": return try instances(form)
        case "DescribeInstanceStatus": return try statuses(form)
        case "DescribeInstanceTypes": return try types(form)
        case "DescribeLaunchTemplateVersions": return try templateVersions(form)
        case "DescribeSpotPriceHistory": return try spotPrices(form)
        case "DescribeSubnets": return try subnets(form)
        case "RunInstances": return try runInstances(form)
        case "CreateFleet": return try createFleet(form)
        case "TerminateInstances": return try terminate(form)
        case "DescribeInstanceAttribute": return try attribute(form)
        case "DescribeVolumes": return try describeVolumes(form)
        case "DescribeSnapshots": return try describeSnapshots(form)
        case "CreateSnapshot": return try createSnapshot(form)
        case "DeleteVolume": return try deleteVolume(form)
        case "CreateTags": return try changeTags(form, removes: false)
        default: return try changeTags(form, removes: true)
        }
    }

    private static let actions: Set = [
        "DescribeInstances", "DescribeInstanceStatus", "DescribeInstanceTypes",
        "DescribeLaunchTemplateVersions",
        "DescribeSpotPriceHistory", "DescribeSubnets", "RunInstances", "CreateFleet", "TerminateInstances",
        "CreateTags", "DeleteTags", "DescribeInstanceAttribute", "DescribeVolumes", "DescribeSnapshots",
        "CreateSnapshot", "DeleteVolume",
    ]

    /// Works on a cluster at the time of the call.
    func at<Value: Sendable, Failure: Error>(
        _ cluster: SimulatedCluster,
        _ body: (inout ClusterState) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try cluster.at(call.time, body)
    }

    /// Checks that the session may do something.
    ///
    /// - Parameters:
    ///   - action: As in `ec2:TerminateInstances`.
    ///   - resource: What it is done to.
    ///   - context: What conditions may ask for, beside the region.
    /// - Throws: ``AWSFault`` 403.
    func permit(_ action: String, on resource: String, _ context: [String: String] = [:]) throws(AWSFault) {
        let known = context.merging(["aws:RequestedRegion": call.region]) { $1 }
        guard call.rules.allow(action, on: resource, known) else { throw .denied(action, on: resource) }
    }

    /// The ARN of something of the account.
    func arn(_ resource: String) -> String { "arn:aws:ec2:\(call.region):\(CustomerAccount.id):\(resource)" }

    /// Checks that the session may do something to machines, by the tags that they have.
    func permit(_ action: String, on machines: [Placed]) throws(AWSFault) {
        for placed in machines {
            try permit(action, on: arn("instance/\(placed.machine.id)"), tags: placed.machine.tags)
        }
    }

    /// Checks that the session may do something to a resource that has tags.
    func permit(_ action: String, on resource: String, tags: [String: String]) throws(AWSFault) {
        let known = tags.map { ("aws:ResourceTag/\($0.key)", $0.value) }
        try permit(action, on: resource, Dictionary(known, uniquingKeysWith: { $1 }))
    }

    /// Checks that the session may launch machines with the tags that the call gives them.
    func permitLaunch(_ form: QueryForm) throws(AWSFault) {
        let action = "ec2:\(form.action)"
        let tags = form.tags(for: "instance")
        let requested = Dictionary(
            tags.map { ("aws:RequestTag/\($0.key)", $0.value) },
            uniquingKeysWith: { $1 }
        )
        try permit(action, on: arn("instance/*"), requested)
        for resource in ["launch-template/*", "subnet/*", "volume/*"] {
            try permit(action, on: arn(resource))
        }
        if !tags.isEmpty {
            try permit("ec2:CreateTags", on: arn("instance/*"), ["ec2:CreateAction": form.action])
        }
        // The template gives machines a role.
        let role = "arn:aws:iam::\(CustomerAccount.id):role/node"
        try permit("iam:PassRole", on: role, ["iam:PassedToService": "ec2.amazonaws.com"])
    }

    /// A machine with the cluster it is of.
    struct Placed: Sendable {
        let machine: Machine
        let cluster: SimulatedCluster
    }

    /// Machines by their ids; one unknown id fails the whole call.
    func machines(_ ids: [String]) throws(AWSFault) -> [Placed] {
        var found: [Placed] = []
        var unknown: [String] = []
        for id in ids {
            guard id.hasPrefix("i-"), id.dropFirst(2).allSatisfy(\.isHexDigit), id.count > 2 else {
                throw AWSFault(code: "InvalidInstanceID.Malformed", message: "Invalid id: \"\(id)\"")
            }
            if let placed = machine(id) { found.append(placed) } else { unknown.append(id) }
        }
        guard unknown.isEmpty else {
            throw AWSFault(
                code: "InvalidInstanceID.NotFound",
                message: unknown.count == 1
                    ? "The instance ID '\(unknown[0])' does not exist"
                    : "The instance IDs '\(unknown.joined(separator: ", "))' do not exist"
            )
        }
        return found
    }

    func machine(_ id: String) -> Placed? {
        for cluster in clusters {
            if let machine = at(cluster, { $0.machines[id] }) {
                return Placed(machine: machine, cluster: cluster)
            }
        }
        return nil
    }
}
