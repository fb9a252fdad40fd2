/// What pods are made from: a ReplicaSet, StatefulSet, DaemonSet or Job.
struct WorkloadModel: Sendable {
    let namespace: String
    let application: String
    let owner: PodModel.Owner
    let millicores: Int
    let mebibytes: Int
    /// How many pods are wanted; of a DaemonSet, one a node.
    var replicas = 0
    /// How many of its pods its PodDisruptionBudget lets be missing; nil if it has none.
    var maxUnavailable: Int?
    /// Whether a HorizontalPodAutoscaler sets the replicas.
    var hasAutoscaler = false
    /// Whether no node has the label that its pods ask for.
    var isMisfit = false
    /// Counts the changes of what is wanted.
    var generation = 1
    var version = 1

    /// Runs on every node.
    static func daemonSets(using generator: inout SeededGenerator) -> [WorkloadModel] {
        [
            ("kube-system", "aws-node", 50, 64), ("kube-system", "kube-proxy", 100, 64),
            ("monitoring", "node-exporter", 20, 32),
        ].map { namespace, name, millicores, mebibytes in
            WorkloadModel(
                namespace: namespace,
                application: name,
                owner: .init(kind: "DaemonSet", name: name, uid: generator.uid()),
                millicores: millicores,
                mebibytes: mebibytes
            )
        }
    }

    /// A random application.
    ///
    /// - Parameters:
    ///   - number: Makes its name unique.
    ///   - podsPerNode: So many pods of any application must fit on the smallest node.
    ///   - generator: Where the randomness comes from.
    /// - Returns: A ReplicaSet or StatefulSet.
    static func random(number: Int, podsPerNode: Int, using generator: inout SeededGenerator) -> WorkloadModel
    {
        let namespaces = ["shop", "payments", "search", "data", "default"]
        let names = ["api", "web", "worker", "cache", "gateway", "indexer", "mailer", "ledger"]
        let name = "\(names[number % names.count])-\(number)"
        let isStateful = Int.random(in: 0..<6, using: &generator) == 0
        var workload = WorkloadModel(
            namespace: namespaces.randomElement(using: &generator) ?? "default",
            application: name,
            owner: .init(
                kind: isStateful ? "StatefulSet" : "ReplicaSet",
                name: isStateful ? name : "\(name)-\(generator.nameSuffix(10))",
                uid: generator.uid()
            ),
            millicores: min([25, 50, 100, 150].randomElement(using: &generator) ?? 50, 1600 / podsPerNode),
            mebibytes: min([64, 128, 256, 384].randomElement(using: &generator) ?? 128, 6500 / podsPerNode)
        )
        if number % 3 == 0 { workload.maxUnavailable = 1 }
        workload.hasAutoscaler = !isStateful && number % 7 == 4
        return workload
    }

    /// A job that ran once.
    static func job(number: Int, using generator: inout SeededGenerator) -> WorkloadModel {
        WorkloadModel(
            namespace: "data",
            application: "report",
            owner: .init(kind: "Job", name: "report-\(28_000_000 + number)", uid: generator.uid()),
            millicores: 200,
            mebibytes: 256
        )
    }

    func podName(ordinal: Int, using generator: inout SeededGenerator) -> String {
        owner.kind == "StatefulSet" ? "\(owner.name)-\(ordinal)" : "\(owner.name)-\(generator.nameSuffix(5))"
    }
}
