/// The statements of session policies.
///
/// Their shape is that of the policies which Karpenter publishes: what is created must carry the cluster's
/// tag, and what is changed must have it.
struct PolicyBuilder {
    let region: AWSRegion
    let tag: AWSTag

    private var partition: String { region.partition.rawValue }
    private var inRegion: [String: [String: String]] {
        ["StringEquals": ["aws:RequestedRegion": region.name]]
    }
    private var tagged: [String: [String: String]] {
        ["StringEquals": ["aws:ResourceTag/\(tag.key)": tag.value]]
    }

    private func resources(_ types: String...) -> [String] {
        types.map { "arn:\(partition):ec2:\(region.name):*:\($0)/*" }
    }

    var reading: PolicyStatement {
        PolicyStatement(
            Action: ["ec2:Describe*", "autoscaling:Describe*", "ec2:GetSpotPlacementScores"],
            Condition: inRegion
        )
    }

    /// A queue may be encrypted with a key of the customer's, which the reader must be allowed to use.
    func intake(_ queueARN: String) -> [PolicyStatement] {
        [
            PolicyStatement(
                Action: [
                    "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility",
                    "sqs:GetQueueAttributes",
                ],
                Resource: [queueARN]
            ),
            PolicyStatement(Action: ["kms:Decrypt"], Condition: through("sqs")),
        ]
    }

    /// Keys are used by a service for us, never by ourselves.
    private func through(_ service: String) -> [String: [String: String]] {
        let name = "\(service).\(region.name).\(region.partition.domain)"
        return ["StringEquals": ["kms:ViaService": name]]
    }

    /// An instance must be launched with the cluster's tag; what it is made from is given.
    var launching: [PolicyStatement] {
        let service = region.partition == .china ? "ec2.amazonaws.com.cn" : "ec2.amazonaws.com"
        return [
            PolicyStatement(
                Action: ["ec2:RunInstances", "ec2:CreateFleet"],
                // Images and snapshots may be AWS's own, without an account.
                NotResource: resources("instance"),
                Condition: inRegion
            ),
            PolicyStatement(
                Action: ["ec2:RunInstances", "ec2:CreateFleet"],
                Resource: resources("instance"),
                Condition: ["StringEquals": ["aws:RequestTag/\(tag.key)": tag.value]]
            ),
            PolicyStatement(
                Action: ["ec2:CreateTags"],
                Resource: resources("*"),
                Condition: ["StringLike": ["ec2:CreateAction": "*"]]
            ),
            // Disks may be encrypted with a key of the customer's.
            PolicyStatement(
                Action: [
                    "kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*",
                    "kms:ReEncrypt*",
                ],
                Condition: through("ec2")
            ),
            // A template may name AWS's newest image by a parameter.
            PolicyStatement(
                Action: ["ssm:GetParameters"],
                Resource: ["arn:\(partition):ssm:\(region.name)::parameter/aws/service/*"]
            ),
            PolicyStatement(
                Action: ["iam:PassRole"],
                Condition: ["StringEquals": ["iam:PassedToService": service]]
            ),
            PolicyStatement(
                Action: ["iam:CreateServiceLinkedRole"],
                Condition: ["StringEquals": ["iam:AWSServiceName": "spot.amazonaws.com"]]
            ),
        ]
    }

    var terminating: PolicyStatement {
        PolicyStatement(
            Action: ["ec2:TerminateInstances", "ec2:CreateTags", "ec2:DeleteTags"],
            Resource: resources("instance"),
            Condition: tagged
        )
    }

    /// What a terminated instance leaves behind, and the group it was in.
    var cleaning: [PolicyStatement] {
        [
            PolicyStatement(
                Action: ["ec2:CreateSnapshot", "ec2:DeleteVolume"],
                Resource: resources("volume"),
                Condition: tagged
            ),
            PolicyStatement(
                Action: ["ec2:CreateSnapshot"],
                Resource: ["arn:\(partition):ec2:\(region.name)::snapshot/*"]
            ),
            PolicyStatement(
                Action: ["ec2:CreateTags"],
                Resource: ["arn:\(partition):ec2:\(region.name)::snapshot/*"],
                Condition: ["StringEquals": ["ec2:CreateAction": "CreateSnapshot"]]
            ),
            PolicyStatement(
                Action: ["autoscaling:TerminateInstanceInAutoScalingGroup"],
                Resource: ["arn:\(partition):autoscaling:\(region.name):*:autoScalingGroup:*"],
                Condition: ["StringEquals": ["autoscaling:ResourceTag/\(tag.key)": tag.value]]
            ),
        ]
    }
}
