/// What policies of a customer's account name.
public struct IAMPlaces: Sendable, Hashable {
    /// `aws`, `aws-cn` or `aws-us-gov`.
    public var partition: String
    /// As in `us-east-1`.
    public var region: String
    /// The customer's, twelve digits.
    public var account: String
    /// Of the tag `kubernetes.io/cluster/NAME`.
    public var clusterName: String
    /// The role of the cluster's nodes.
    public var nodeRoleARN: String
    /// The queue of events.
    public var queueARN: String
    /// The customer's own.
    public var externalID: String
    /// Who takes the customer's role on.
    public var principalARN: String

    /// Placeholders for whatever is not given, as the files of `ops/iam` have them.
    public init(
        partition: String? = nil,
        region: String? = nil,
        account: String? = nil,
        clusterName: String? = nil,
        nodeRoleARN: String? = nil,
        queueARN: String? = nil,
        externalID: String? = nil,
        principalARN: String? = nil
    ) {
        self.partition = partition ?? "aws"
        self.region = region ?? "<REGION>"
        self.account = account ?? "<ACCOUNT_ID>"
        self.clusterName = clusterName ?? "<CLUSTER_NAME>"
        self.nodeRoleARN = nodeRoleARN ?? "<NODE_ROLE_ARN>"
        self.queueARN = queueARN ?? "<QUEUE_ARN>"
        self.externalID = externalID ?? "<EXTERNAL_ID>"
        self.principalARN = principalARN ?? "<CLOUDOPTIM_ROLE_ARN>"
    }
}
