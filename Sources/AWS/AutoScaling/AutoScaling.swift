/// EC2 Auto Scaling.
///
/// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/
public struct AutoScaling: Sendable {
    let client: AWSClient

    /// Which groups instances are in; those in none are left out.
    ///
    /// - Parameter instanceIDs: Up to 50; empty for all instances of all groups.
    /// - Returns: In no order.
    public func instances(_ instanceIDs: [String] = []) -> AWSPages<Instance> {
        AWSPages { token throws(AWSError) in
            var parameters = QueryParameters()
            parameters.set("InstanceIds.member", instanceIDs)
            parameters.set("MaxRecords", 50)
            parameters.set("NextToken", token)
            let result = try await client.query(.autoScaling, "DescribeAutoScalingInstances", parameters)
            let items = try result.map("AutoScalingInstances", "member") { xml throws(AWSError) in
                try Instance(xml)
            }
            return AWSPages.Page(items: items, nextToken: result.string("NextToken"))
        }
    }

    /// Terminates an instance of a group, with or without a replacement.
    ///
    /// Not repeated when it may have happened: the group would shrink twice.
    ///
    /// - Parameters:
    ///   - instanceID: The instance.
    ///   - isReplaced: Whether the group launches another for it; else it becomes smaller by one, if its
    ///     minimum allows.
    /// - Throws: ``AWSError``; with `mayHaveHappened` set, look before asking again.
    public func terminate(_ instanceID: String, isReplaced: Bool) async throws(AWSError) {
        var parameters = QueryParameters()
        parameters.set("InstanceId", instanceID)
        parameters.set("ShouldDecrementDesiredCapacity", !isReplaced)
        _ = try await client.query(
            .autoScaling,
            "TerminateInstanceInAutoScalingGroup",
            parameters,
            isRepeatable: isReplaced
        )
    }

    /// An instance of a group.
    public struct Instance: Hashable, Sendable {
        /// As in `i-0abc`.
        public let id: String
        /// Its group.
        public let group: String
        /// As in `InService`, `Terminating:Wait`.
        public let lifecycleState: String?
        /// `HEALTHY` or `UNHEALTHY`.
        public let health: String?
        /// Whether the group may not terminate it to become smaller.
        public let isProtected: Bool

        init(_ xml: XMLElement) throws(AWSError) {
            id = try xml.required("InstanceId")
            group = try xml.required("AutoScalingGroupName")
            lifecycleState = xml.string("LifecycleState")
            health = xml.string("HealthStatus")
            isProtected = try xml.bool("ProtectedFromScaleIn") ?? false
        }
    }
}
