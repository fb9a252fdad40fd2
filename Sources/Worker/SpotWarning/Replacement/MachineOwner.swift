/// Who replaces a machine by itself when it goes: to launch another one beside would be one too many.
struct MachineOwner: Sendable, Codable, Equatable, CustomStringConvertible {
    enum Kind: String, Sendable, Codable {
        case autoScalingGroup = "auto_scaling_group"
        case managedNodeGroup = "managed_node_group"
        case karpenter
        case eksAutoMode = "eks_auto_mode"
    }

    var kind: Kind
    var name: String

    private static func named(_ kind: Kind, _ name: String?) -> MachineOwner? {
        name.flatMap { $0.isEmpty ? nil : MachineOwner(kind: kind, name: $0) }
    }

    private init(kind: Kind, name: String) {
        self.kind = kind
        self.name = name
    }

    /// By the labels of its node.
    init?(labels: [String: String]) {
        let isAuto = labels["eks.amazonaws.com/compute-type"] == "auto"
        let found =
            (isAuto ? Self.named(.eksAutoMode, labels["karpenter.sh/nodepool"] ?? "auto") : nil)
            ?? Self.named(
                .karpenter,
                labels["karpenter.sh/nodepool"] ?? labels["karpenter.sh/provisioner-name"]
            )
            ?? Self.named(.managedNodeGroup, labels["eks.amazonaws.com/nodegroup"])
        guard let found else { return nil }
        self = found
    }

    /// By the tags of its instance.
    init?(tags: [String: String]) {
        let found =
            Self.named(.karpenter, tags["karpenter.sh/nodepool"] ?? tags["karpenter.sh/provisioner-name"])
            ?? Self.named(.managedNodeGroup, tags["eks:nodegroup-name"])
            ?? Self.named(.autoScalingGroup, tags["aws:autoscaling:groupName"])
        guard let found else { return nil }
        self = found
    }

    var description: String {
        switch kind {
        case .autoScalingGroup: "Auto Scaling group \(name)"
        case .managedNodeGroup: "managed node group \(name)"
        case .karpenter: "Karpenter's pool \(name)"
        case .eksAutoMode: "EKS Auto Mode's pool \(name)"
        }
    }
}
