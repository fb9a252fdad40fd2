/// EC2 Auto Scaling, as far as it tells which groups machines are in.
///
/// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/
struct AutoScalingService: Sendable {
    let account: CustomerAccount
    let call: AWSRoutes.Call

    func answer(_ form: QueryForm) throws(AWSFault) -> [XML] {
        guard case .session = call.caller else {
            throw AWSFault(code: "AccessDenied", message: "User is not authorized", status: 403)
        }
        guard form.action == "DescribeAutoScalingInstances" else {
            throw .invalidAction(form.action, form["Version"] ?? "")
        }
        let ec2 = EC2Service(account: account, call: call)
        try ec2.permit("autoscaling:\(form.action)", on: "*")
        let ids = Set(form.list("InstanceIds.member"))
        let found = ec2.everything.filter { placed in
            placed.machine.tags["aws:autoscaling:groupName"] != nil && placed.machine.isAlive
                && (ids.isEmpty || ids.contains(placed.machine.id))
        }
        let limit = try form.int("MaxRecords", in: 1...50) ?? 50
        let rest = found.drop { placed in form["NextToken"].map { placed.machine.id <= $0 } ?? false }
        let page = rest.prefix(limit)
        let members = page.map { placed in
            [
                XML("InstanceId", placed.machine.id), XML("InstanceType", placed.machine.type.name),
                XML("AutoScalingGroupName", placed.machine.tags["aws:autoscaling:groupName"] ?? ""),
                XML("AvailabilityZone", placed.machine.zone),
                XML("LifecycleState", placed.machine.state == .running ? "InService" : "Pending"),
                XML("HealthStatus", "HEALTHY"), XML("ProtectedFromScaleIn", false),
            ]
        }
        var answer = [XML("AutoScalingInstances", items: members, "member")]
        if page.count < rest.count, let last = page.last { answer.append(XML("NextToken", last.machine.id)) }
        return answer
    }
}
