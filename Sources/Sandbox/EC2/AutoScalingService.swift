/// EC2 Auto Scaling: which groups machines are in, and their ends there.
///
/// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/
struct AutoScalingService: Sendable {
    let account: CustomerAccount
    let call: AWSRoutes.Call

    private var ec2: EC2Service { EC2Service(account: account, call: call) }

    func answer(_ form: QueryForm) throws(AWSFault) -> [XML] {
        guard case .session = call.caller else {
            throw AWSFault(code: "AccessDenied", message: "User is not authorized", status: 403)
        }
        switch form.action {
        case "DescribeAutoScalingInstances":
            try ec2.permit("autoscaling:\(form.action)", on: "*")
            return try instances(form)
        case "DescribeAutoScalingGroups":
            try ec2.permit("autoscaling:\(form.action)", on: "*")
            return try groups(form)
        case "TerminateInstanceInAutoScalingGroup": return try terminate(form)
        default: throw .invalidAction(form.action, form["Version"] ?? "")
        }
    }

    private func instances(_ form: QueryForm) throws(AWSFault) -> [XML] {
        let ids = Set(form.list("InstanceIds.member"))
        let found = members.filter { ids.isEmpty || ids.contains($0.machine.id) }
        let limit = try form.int("MaxRecords", in: 1...50) ?? 50
        let rest = found.drop { placed in form["NextToken"].map { placed.machine.id <= $0 } ?? false }
        let page = rest.prefix(limit)
        let items = page.map { placed in
            [XML("AutoScalingGroupName", placed.machine.group ?? "")] + Self.members(of: placed.machine)
        }
        var answer = [XML("AutoScalingInstances", items: items, "member")]
        if page.count < rest.count, let last = page.last { answer.append(XML("NextToken", last.machine.id)) }
        return answer
    }

    private func groups(_ form: QueryForm) throws(AWSFault) -> [XML] {
        let names = Set(form.list("AutoScalingGroupNames.member"))
        let limit = try form.int("MaxRecords", in: 1...100) ?? 50
        let found = ec2.clusters.flatMap { cluster in
            ec2.at(cluster) { state in state.groups.values.map { (group: $0, tag: state.ownershipTag) } }
        }.filter { names.isEmpty || names.contains($0.group.name) }.sorted { $0.group.name < $1.group.name }
        let rest = found.drop { group in form["NextToken"].map { group.group.name <= $0 } ?? false }
        let page = rest.prefix(limit)
        let items = page.map { group, tag in
            let machines = members.map(\.machine).filter { $0.group == group.name }
            let tags = [[XML("Key", tag), XML("Value", "owned"), XML("PropagateAtLaunch", true)]]
            return [
                XML("AutoScalingGroupName", group.name), XML("AutoScalingGroupARN", arn(group.name)),
                XML("MinSize", 0), XML("MaxSize", 100), XML("DesiredCapacity", group.desired),
                XML("AvailabilityZones", texts: Set(machines.map(\.zone)).sorted(), "member"),
                XML("Instances", items: machines.map(Self.members), "member"),
                XML("Tags", items: tags, "member"),
            ]
        }
        var answer = [XML("AutoScalingGroups", items: items, "member")]
        if page.count < rest.count, let last = page.last { answer.append(XML("NextToken", last.group.name)) }
        return answer
    }

    /// By the tags that the group has.
    private func terminate(_ form: QueryForm) throws(AWSFault) -> [XML] {
        let id = try form.required("InstanceId")
        let decrement = try form.required("ShouldDecrementDesiredCapacity")
        guard ["true", "false"].contains(decrement) else {
            throw .invalid("ShouldDecrementDesiredCapacity", decrement)
        }
        guard let placed = members.first(where: { $0.machine.id == id && $0.machine.isAlive }),
            let group = placed.machine.group
        else {
            throw AWSFault(
                code: "ValidationError",
                message: "Instance Id not found - No managed instance found for instance ID: \(id)"
            )
        }
        let tag = ec2.at(placed.cluster) { $0.ownershipTag }
        try ec2.permit(
            "autoscaling:\(form.action)",
            on: arn(group),
            ["autoscaling:ResourceTag/\(tag)": "owned"]
        )
        _ = ec2.at(placed.cluster) { state in
            state.terminate(id, at: call.time, by: form.action, shrinksGroup: decrement == "true")
        }
        let activity = [
            XML("ActivityId", "activity-\(id)"), XML("AutoScalingGroupName", group),
            XML("Cause", "instance \(id) was taken out of service in response to a user request"),
            XML("StartTime", Timestamp.precise(call.time)), XML("StatusCode", "InProgress"),
            XML("Progress", 0),
        ]
        return [XML("Activity", activity)]
    }

    /// The machines of all groups, in the order of their ids.
    private var members: [EC2Service.Placed] {
        ec2.everything.filter { $0.machine.group != nil && $0.machine.state != .terminated }
    }

    private func arn(_ group: String) -> String {
        "arn:aws:autoscaling:\(call.region):\(CustomerAccount.id):autoScalingGroup:00000000-0000-0000-0000-000000000000"
            + ":autoScalingGroupName/\(group)"
    }

    private static func members(of machine: Machine) -> [XML] {
        let state =
            switch machine.state {
            case .pending: "Pending"
            case .running: "InService"
            case .shuttingDown, .terminated: "Terminating"
            }
        return [
            XML("InstanceId", machine.id), XML("InstanceType", machine.type.name),
            XML("AvailabilityZone", machine.zone), XML("LifecycleState", state),
            XML("HealthStatus", "HEALTHY"), XML("ProtectedFromScaleIn", false),
        ]
    }
}
