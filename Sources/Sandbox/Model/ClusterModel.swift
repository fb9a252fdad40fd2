/// What is in a simulated cluster: the same for the same seed and size.
struct ClusterModel: Sendable {
    /// How large clusters are.
    struct Size: Sendable {
        var nodes: Int
        var podsPerNode: Int
    }

    static let regions = ["us-east-1", "us-west-2", "eu-west-1"]

    /// From 1.
    let number: Int
    let name: String
    let region: String
    let nodes: [NodeModel]
    let pods: [PodModel]
    /// What the pods are made from.
    let workloads: [WorkloadModel]
    /// Networks, subnets and the launch template of its machines.
    let network: ClusterNetwork

    init(number: Int, size: Size, seed: UInt64) {
        self.number = number
        name = "sandbox-\(number)"
        let region = Self.regions[(number - 1) % Self.regions.count]
        self.region = region
        var generator = SeededGenerator(seed: seed, purpose: "cluster \(number)")
        var nodes: [NodeModel] = []
        for index in 0..<size.nodes {
            nodes.append(
                NodeModel(region: region, number: index, podsPerNode: size.podsPerNode, using: &generator)
            )
        }
        self.nodes = nodes
        (pods, workloads) = Self.pods(on: nodes, size: size, using: &generator)
        // Drawn last, so that nodes and pods are what they were before there were networks.
        network = ClusterNetwork(region: region, using: &generator)
    }

    var namespaces: [String] {
        ["default", "kube-node-lease", "kube-public", "kube-system"]
            + ["data", "monitoring", "payments", "search", "shop"]
    }

    private static func pods(
        on nodes: [NodeModel],
        size: Size,
        using generator: inout SeededGenerator
    ) -> ([PodModel], [WorkloadModel]) {
        var workloads: [WorkloadModel] = []
        var pods: [PodModel] = []
        func add(_ workload: WorkloadModel, _ ordinal: Int, _ phase: PodModel.Phase, on node: NodeModel?) {
            pods.append(
                PodModel(
                    workload: workload,
                    name: workload.podName(ordinal: ordinal, using: &generator),
                    phase: phase,
                    nodeName: node?.name,
                    using: &generator
                )
            )
        }
        let daemons = WorkloadModel.daemonSets(using: &generator).prefix(size.podsPerNode)
        for daemon in daemons {
            for (ordinal, node) in nodes.enumerated() { add(daemon, ordinal, .running, on: node) }
            workloads.append(daemon)
        }
        // Applications of two to eight replicas, spread over the nodes one after the other.
        let total = nodes.count * (size.podsPerNode - daemons.count)
        var placed = 0
        var number = 0
        while placed < total {
            var workload = WorkloadModel.random(
                number: number,
                podsPerNode: size.podsPerNode,
                using: &generator
            )
            number += 1
            let replicas = min(total - placed, .random(in: 2...8, using: &generator))
            for ordinal in 0..<replicas {
                add(workload, ordinal, .running, on: nodes[(placed + ordinal) % nodes.count])
            }
            placed += replicas
            workload.replicas = replicas
            // With one replica a budget would forbid every eviction.
            if replicas == 1 { workload.maxUnavailable = nil }
            workloads.append(workload)
        }
        for number in 0..<(nodes.isEmpty ? 0 : 1 + nodes.count / 10) {
            let job = WorkloadModel.job(number: number, using: &generator)
            add(job, 0, .succeeded, on: nodes[number * 7 % nodes.count])
            var misfit = WorkloadModel.random(
                number: 9000 + number,
                podsPerNode: size.podsPerNode,
                using: &generator
            )
            misfit.replicas = 1
            misfit.maxUnavailable = nil
            misfit.isMisfit = true
            add(misfit, 0, .pending, on: nil)
            workloads.append(misfit)
        }
        return (pods, workloads)
    }
}
