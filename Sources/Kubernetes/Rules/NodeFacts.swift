/// How a node's instance is paid for.
public enum CapacityType: String, Sendable, CaseIterable {
    /// At the spot price, and may be taken away.
    case spot
    /// At the on-demand price.
    case onDemand = "on-demand"
    /// Out of a reservation.
    case reserved
    /// Not told by any label: never to be taken for on-demand, which would inflate savings.
    case unknown
}

/// What a node's labels and status tell of it, whichever tool made the node.
///
/// Labels are hints: EC2 knows the truth about how an instance is paid for.
public struct NodeFacts: Sendable {
    /// The node's name.
    public let name: String
    /// How it is paid for.
    public let capacityType: CapacityType
    /// As in `m5.large`.
    public let instanceType: String?
    /// The availability zone.
    public let zone: String?
    /// As in `amd64`.
    public let architecture: String?
    /// The node group or pool.
    public let group: String?
    /// The EC2 instance, as in `i-0abc`; `nil` for what isn't one (Fargate, hybrid nodes).
    public let instanceID: String?
    /// Whether the kubelet reports ready.
    public let isReady: Bool
    /// Whether the node is cordoned.
    public let isUnschedulable: Bool
    /// What pods may have.
    public let allocatable: ResourceList

    /// Reads the facts of a node.
    public init(_ node: Node) {
        let labels = node.metadata.labels
        func first(_ keys: String...) -> String? {
            keys.lazy.compactMap { labels[$0] }.first { !$0.isEmpty }
        }
        name = node.metadata.name
        capacityType = Self.capacityType(labels)
        instanceType = first("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")
        zone = first("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
        architecture = first("kubernetes.io/arch", "beta.kubernetes.io/arch")
        group = first(
            "eks.amazonaws.com/nodegroup",
            "karpenter.sh/nodepool",
            "karpenter.sh/provisioner-name",
            "kops.k8s.io/instancegroup",
            "alpha.eksctl.io/nodegroup-name"
        )
        instanceID = Self.instanceID(providerID: node.spec.providerID)
        isReady = (node.status.conditions ?? []).contains { $0.type == "Ready" && $0.status == "True" }
        isUnschedulable = node.spec.unschedulable ?? false
        allocatable = node.status.allocatable ?? [:]
    }

    /// The instance of a provider ID `aws:///ZONE/i-HEX`, and of no other form.
    public static func instanceID(providerID: String?) -> String? {
        guard let parts = providerID?.split(separator: "/", omittingEmptySubsequences: false),
            parts.count == 5,
            parts[0] == "aws:", parts[1].isEmpty, parts[2].isEmpty, parts[4].hasPrefix("i-")
        else { return nil }
        let id = parts[4]
        let isHex = id.utf8.count > 2 && id.utf8.dropFirst(2).allSatisfy { isLowerHex($0) }
        return isHex ? String(id) : nil
    }

    private static func isLowerHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }

    /// The first label that says something; a value not known here is passed over.
    private static func capacityType(_ labels: [String: String]) -> CapacityType {
        let meanings: [(key: String, values: [String: CapacityType])] = [
            ("karpenter.sh/capacity-type", ["spot": .spot, "on-demand": .onDemand, "reserved": .reserved]),
            (
                "eks.amazonaws.com/capacityType",
                ["SPOT": .spot, "ON_DEMAND": .onDemand, "CAPACITY_BLOCK": .reserved]
            ),
            ("node.kubernetes.io/lifecycle", ["spot": .spot, "normal": .onDemand]),
            ("lifecycle", ["Ec2Spot": .spot, "OnDemand": .onDemand]),
            ("scheduling.cast.ai/spot", ["true": .spot]),
            ("spotinst.io/node-lifecycle", ["spot": .spot, "od": .onDemand]),
        ]
        for (key, values) in meanings {
            if let value = labels[key], let type = values[value] { return type }
        }
        return labels["node-role.kubernetes.io/spot-worker"] == nil ? .unknown : .spot
    }
}
