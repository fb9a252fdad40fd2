import FoundationEssentials

/// One node of a simulated cluster.
struct NodeModel: Sendable {
    /// Who made the node, which decides the labels it carries.
    enum Origin: Sendable {
        case karpenter
        case managedGroup
        /// A machine made from a launch template, which nobody replaces by itself.
        case launchTemplate
    }

    let name: String
    let uid: String
    let instanceID: String
    let instanceType: InstanceType
    let zone: String
    let region: String
    let origin: Origin
    let isSpot: Bool
    let address: String
    let created: String
    var version = 1
    var labels: [String: String]
    var annotations = ["node.alpha.kubernetes.io/ttl": "0"]
    var isUnschedulable = false
    var taints: [Taint] = []

    /// A taint, which keeps off pods that do not tolerate it.
    struct Taint: Codable, Equatable, Sendable {
        var key: String
        var value: String?
        var effect: String
        var timeAdded: String?
    }

    init(region: String, number: Int, podsPerNode: Int, using generator: inout SeededGenerator) {
        self.region = region
        zone = region + ["a", "b", "c"][number % 3]
        address = "10.\(Int.random(in: 0...63, using: &generator)).\(number / 250).\(number % 250 + 4)"
        name = Self.privateName(address, in: region)
        uid = generator.uid()
        instanceID = "i-0\(generator.hexadecimal(16))"
        instanceType =
            InstanceType.withRoom(forPods: podsPerNode).randomElement(using: &generator)
            ?? InstanceType.all[0]
        let isKarpenters = Bool.random(using: &generator)
        origin = number % 4 == 0 ? .launchTemplate : isKarpenters ? .karpenter : .managedGroup
        // There is always a machine whose interruption is ours to handle.
        isSpot = (Int.random(in: 0..<10, using: &generator) < 6) || number == 0
        created = Timestamp.random(using: &generator)
        labels = [:]
        labels = makeLabels()
    }

    /// A node on a machine that was launched.
    init(_ machine: Machine, in region: String, uid: String, at now: Double) {
        self.region = region
        self.uid = uid
        name = machine.privateName
        instanceID = machine.id
        instanceType = machine.type
        zone = machine.zone
        origin = machine.origin
        isSpot = machine.isSpot
        address = machine.address
        created = Timestamp.text(Date(timeIntervalSince1970: now))
        labels = [:]
        labels = makeLabels()
    }

    /// Whether pods that tolerate nothing may come.
    var isOpen: Bool { !isUnschedulable && !taints.contains { $0.effect != "PreferNoSchedule" } }

    static func privateName(_ address: String, in region: String) -> String {
        let suffix = region == "us-east-1" ? "ec2.internal" : "\(region).compute.internal"
        return "ip-\(address.split(separator: ".").joined(separator: "-")).\(suffix)"
    }

    private func makeLabels() -> [String: String] {
        var labels = [
            "kubernetes.io/hostname": name,
            "kubernetes.io/os": "linux",
            "kubernetes.io/arch": instanceType.architecture,
            "node.kubernetes.io/instance-type": instanceType.name,
            "topology.kubernetes.io/region": region,
            "topology.kubernetes.io/zone": zone,
        ]
        switch origin {
        case .karpenter:
            labels["karpenter.sh/capacity-type"] = isSpot ? "spot" : "on-demand"
            labels["karpenter.sh/nodepool"] = "default"
        case .managedGroup:
            labels["eks.amazonaws.com/capacityType"] = isSpot ? "SPOT" : "ON_DEMAND"
            labels["eks.amazonaws.com/nodegroup"] = isSpot ? "workers-spot" : "workers"
        case .launchTemplate:
            labels["node.kubernetes.io/lifecycle"] = isSpot ? "spot" : "normal"
        }
        return labels
    }

    /// The object as the API server gives it.
    func json(resourceVersion: Int) -> JSON {
        [
            "metadata": [
                "name": .string(name),
                "uid": .string(uid),
                "resourceVersion": "\(resourceVersion)",
                "creationTimestamp": .string(created),
                "labels": .strings(labels),
                "annotations": .strings(annotations),
            ],
            "spec": spec,
            "status": [
                "capacity": resources(
                    millicores: instanceType.cpus * 1000,
                    mebibytes: instanceType.memoryMiB
                ),
                "allocatable": resources(
                    millicores: instanceType.allocatableMillicores,
                    mebibytes: instanceType.allocatableMiB
                ),
                "conditions": [
                    condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
                    condition("DiskPressure", "False", "KubeletHasNoDiskPressure"),
                    condition("PIDPressure", "False", "KubeletHasSufficientPID"),
                    condition("Ready", "True", "KubeletReady"),
                ],
                "addresses": [
                    ["type": "InternalIP", "address": .string(address)],
                    ["type": "Hostname", "address": .string(name)],
                ],
                "nodeInfo": [
                    "kubeletVersion": .string(KubernetesVersion.git),
                    "containerRuntimeVersion": "containerd://1.7.27",
                    "operatingSystem": "linux",
                    "osImage": "Amazon Linux 2023.7.20250512",
                    "kernelVersion": "6.1.134-152.225.amzn2023",
                    "architecture": .string(instanceType.architecture),
                ],
            ],
        ]
    }

    private var spec: JSON {
        var members: [(String, JSON)] = [("providerID", "aws:///\(zone)/\(instanceID)")]
        if isUnschedulable { members.append(("unschedulable", true)) }
        if !taints.isEmpty { members.append(("taints", .array(taints.map(\.json)))) }
        return .object(members)
    }

    private func resources(millicores: Int, mebibytes: Int) -> JSON {
        [
            "cpu": .string(millicores % 1000 == 0 ? "\(millicores / 1000)" : "\(millicores)m"),
            "memory": "\(mebibytes * 1024)Ki",
            "pods": "\(instanceType.maximumPods)",
            "ephemeral-storage": "83873772Ki",
        ]
    }

    private func condition(_ type: String, _ status: String, _ reason: String) -> JSON {
        [
            "type": .string(type),
            "status": .string(status),
            "reason": .string(reason),
            "lastTransitionTime": .string(created),
        ]
    }
}

extension NodeModel.Taint {
    var json: JSON {
        var members: [(String, JSON)] = [("key", .string(key)), ("effect", .string(effect))]
        if let value { members.append(("value", .string(value))) }
        if let timeAdded { members.append(("timeAdded", .string(timeAdded))) }
        return .object(members)
    }
}
