import FoundationEssentials

/// The policies of `ops/iam`.
///
/// Their shape is that of Karpenter's: what is created must carry the cluster's tag, and what is changed must have it.
public struct IAMPolicy: Sendable {
    /// What they name.
    public let places: IAMPlaces

    /// - Parameter places: What the policies name.
    public init(_ places: IAMPlaces) {
        self.places = places
    }

    /// The policy of a level, to be attached to the role.
    public func document(_ level: AWSLevel) -> IAMDocument {
        IAMDocument(Statement: statements(level))
    }

    /// Those statements of a level that allow what is missing, each with the missing actions alone.
    public func statements(_ level: AWSLevel, allowing missing: Set<AWSAction>) -> [IAMStatement] {
        let names = Set(missing.map(\.rawValue))
        return statements(level).compactMap { statement in
            var statement = statement
            statement.Action.removeAll { !names.contains($0) }
            return statement.Action.isEmpty ? nil : statement
        }
    }

    /// Who may take the role on: we, and only on this customer's behalf.
    public var trust: IAMDocument {
        IAMDocument(Statement: [
            IAMStatement(
                "CloudOptim",
                principal: ["AWS": places.principalARN],
                ["sts:AssumeRole"],
                on: nil,
                if: ["StringEquals": ["sts:ExternalId": [places.externalID]]]
            )
        ])
    }

    /// Who may send events to the queue: EventBridge, for rules of this account alone.
    public var queue: IAMDocument {
        IAMDocument(Statement: [
            IAMStatement(
                "Events",
                principal: ["Service": "events.amazonaws.com"],
                ["sqs:SendMessage"],
                on: [places.queueARN],
                if: ["StringEquals": ["aws:SourceAccount": [places.account]]]
            )
        ])
    }

    /// JSON as people paste it.
    public static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Texts in arrays and objects: there is nothing that JSON could not hold.
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    // MARK: - Statements

    private typealias Condition = [String: [String: [String]]]

    private func statements(_ level: AWSLevel) -> [IAMStatement] {
        switch level {
        case .observe:
            // Describing knows no resources.
            [
                IAMStatement(
                    "Look",
                    [
                        .describeInstances, .describeInstanceTypes, .describeInstanceAttribute,
                        .describeSubnets,
                        .describeVolumes, .describeSnapshots, .describeAutoScalingInstances,
                    ],
                    on: ["*"],
                    if: ["StringEquals": ["aws:RequestedRegion": [places.region]]]
                )
            ]
        case .replace: replacing
        case .ghosts: ending
        case .queue:
            [
                IAMStatement(
                    "ReadEvents",
                    [.receiveMessage, .deleteMessage, .getQueueAttributes],
                    on: [places.queueARN]
                )
            ]
        }
    }

    private var replacing: [IAMStatement] {
        [
            IAMStatement(
                "LaunchFrom",
                [.runInstances, .createFleet],
                on: shared(["image", "snapshot"])
                    + own([
                        "subnet", "security-group", "network-interface", "key-pair", "launch-template",
                        "volume",
                        "fleet", "spot-instances-request", "placement-group", "capacity-reservation",
                    ])
            ),
            IAMStatement(
                "LaunchTagged",
                [.runInstances, .createFleet],
                on: own(["instance"]),
                if: ["StringEquals": ["aws:RequestTag/\(tag)": ["owned"]]]
            ),
            IAMStatement(
                "TagAtLaunch",
                [.createTags],
                on: own(["instance", "volume", "network-interface", "fleet", "spot-instances-request"]),
                if: ["StringEquals": ["ec2:CreateAction": ["RunInstances", "CreateFleet"]]]
            ),
            IAMStatement("EndReplacement", [.terminateInstances], on: own(["instance"]), if: owned("aws")),
            IAMStatement(
                "PassNodeRole",
                [.passRole],
                on: [places.nodeRoleARN],
                if: ["StringEquals": ["iam:PassedToService": ["\(ec2Service)"]]]
            ),
            IAMStatement(
                "FirstSpotInstance",
                [.createServiceLinkedRole],
                on: [
                    "arn:\(places.partition):iam::\(places.account):role/aws-service-role/spot.amazonaws.com/*"
                ],
                if: ["StringEquals": ["iam:AWSServiceName": ["spot.amazonaws.com"]]]
            ),
            IAMStatement(
                "ImageParameters",
                [.getParameters],
                on: ["arn:\(places.partition):ssm:\(places.region)::parameter/aws/service/*"]
            ),
        ]
    }

    private var ending: [IAMStatement] {
        [
            IAMStatement("EndGhosts", [.terminateInstances], on: own(["instance"]), if: owned("aws")),
            IAMStatement(
                "FlagGhosts",
                [.createTags, .deleteTags],
                on: own(["instance"]),
                if: owned("aws").merging([
                    "ForAllValues:StringLike": ["aws:TagKeys": ["cloudoptim.io/*"]],
                    "Null": ["aws:TagKeys": ["false"]],
                ]) { $1 }
            ),
            IAMStatement(
                "EndDisks",
                [.createSnapshot, .deleteVolume],
                on: own(["volume"]),
                if: owned("aws")
            ),
            IAMStatement("KeepCopy", [.createSnapshot], on: shared(["snapshot"])),
            IAMStatement(
                "TagCopy",
                [.createTags],
                on: shared(["snapshot"]),
                if: ["StringEquals": ["ec2:CreateAction": ["CreateSnapshot"]]]
            ),
            IAMStatement(
                "EndMembersOfGroups",
                [.terminateInAutoScalingGroup],
                on: [
                    "arn:\(places.partition):autoscaling:\(places.region):\(places.account):autoScalingGroup:*"
                ],
                if: owned("autoscaling")
            ),
        ]
    }

    private var tag: String { "kubernetes.io/cluster/\(places.clusterName)" }

    private var ec2Service: String {
        places.partition == "aws-cn" ? "ec2.amazonaws.com.cn" : "ec2.amazonaws.com"
    }

    private func owned(_ service: String) -> Condition {
        ["StringEquals": ["\(service):ResourceTag/\(tag)": ["owned"]]]
    }

    private func own(_ types: [String]) -> [String] {
        types.map { "arn:\(places.partition):ec2:\(places.region):\(places.account):\($0)/*" }
    }

    /// Images and snapshots may be others', and name no account.
    private func shared(_ types: [String]) -> [String] {
        types.map { "arn:\(places.partition):ec2:\(places.region)::\($0)/*" }
    }
}
