import FoundationEssentials

/// What is in a cluster at a moment: nodes, pods and what owns them, and the machines below.
///
/// Pure: time goes in. What is due happens when somebody looks, in the order of its times, so that the same calls at
/// the same times always lead to the same cluster.
struct ClusterState: Sendable {
    let name: String
    let region: String
    let network: ClusterNetwork
    let namespaces: [String]
    let pace: Pace

    var nodes: [String: NodeModel] = [:]
    /// By their keys.
    var pods: [String: PodModel] = [:]
    /// By the uid that pods name as their owner's.
    var workloads: [String: WorkloadModel] = [:]
    /// By their ids.
    var machines: [String: Machine] = [:]
    /// By their ids, without the roots of machines.
    var volumes: [String: Volume] = [:]
    /// By their ids.
    var snapshots: [String: Snapshot] = [:]
    /// By their names.
    var groups: [String: ScalingGroup] = [:]
    var interruptions = InterruptionBook()
    var orphanBook = OrphanBook()
    var agenda = Agenda()
    var generator: SeededGenerator
    /// The version of the last change.
    var version: Int

    /// Keys of pods by their node, and by their owner's uid.
    var podsOnNode: [String: Set<String>] = [:]
    var podsOfOwner: [String: Set<String>] = [:]
    /// Pods without a node.
    var unbound: Set<String> = []
    /// What pods on a node ask for.
    var usage: [String: NodeUsage] = [:]
    var cache = ItemCache()
    /// How many addresses were given to machines that were launched.
    var addresses = 0

    struct NodeUsage: Sendable {
        var millicores = 0
        var mebibytes = 0
        var pods = 0
    }

    init(_ model: ClusterModel, life: UInt64, pace: Pace) {
        name = model.name
        region = model.region
        network = model.network
        namespaces = model.namespaces
        self.pace = pace
        version = 100_000 + model.number
        generator = SeededGenerator(seed: life, purpose: "life of cluster \(model.number)")
        for workload in model.workloads { workloads[workload.owner.uid] = workload }
        for node in model.nodes {
            nodes[node.name] = node
            let machine = Machine(node, of: self, reservation: "r-0\(generator.hexadecimal(16))")
            machines[machine.id] = machine
            if let group = machine.group { groups[group, default: ScalingGroup(name: group)].desired += 1 }
        }
        for pod in model.pods { insert(pod) }
        addStorage()
    }

    /// Lets happen what is due.
    mutating func advance(to now: Double) {
        while let entry = agenda.next(until: now) {
            switch entry.effect {
            case .podStarts(let key, let uid): podStarted(key, uid, at: entry.time)
            case .podStops(let key, let uid): podStopped(key, uid, at: entry.time)
            case .machineRuns(let id): machineRan(id, at: entry.time)
            case .machineJoins(let id): machineJoined(id, at: entry.time)
            case .machineTaken(let id, let interruption):
                machineTaken(id, interruption, at: entry.time)
            case .machineGone(let id): machineWent(id, at: entry.time)
            case .machineForgotten(let id): machines[id] = nil
            }
        }
    }

    // MARK: - Keeping indexes

    mutating func insert(_ pod: PodModel) {
        var pod = pod
        version += 1
        pod.version = version
        pods[pod.key] = pod
        podsOfOwner[pod.owner.uid, default: []].insert(pod.key)
        if let node = pod.nodeName { count(pod, on: node) } else { unbound.insert(pod.key) }
        cache.podChanged(pod.key)
    }

    /// Changes a pod in place, but not its node.
    mutating func change(_ key: String, _ body: (inout PodModel) -> Void) {
        guard var pod = pods[key] else { return }
        body(&pod)
        version += 1
        pod.version = version
        pods[key] = pod
        cache.podChanged(key)
    }

    mutating func bind(_ key: String, to node: String) {
        change(key) { $0.nodeName = node }
        unbound.remove(key)
        if let pod = pods[key] { count(pod, on: node) }
    }

    @discardableResult
    mutating func remove(_ key: String) -> PodModel? {
        guard let pod = pods.removeValue(forKey: key) else { return nil }
        version += 1
        podsOfOwner[pod.owner.uid]?.remove(key)
        unbound.remove(key)
        if let node = pod.nodeName {
            podsOnNode[node]?.remove(key)
            usage[node]?.millicores -= pod.millicores
            usage[node]?.mebibytes -= pod.mebibytes
            usage[node]?.pods -= 1
        }
        cache.podChanged(key)
        return pod
    }

    private mutating func count(_ pod: PodModel, on node: String) {
        podsOnNode[node, default: []].insert(pod.key)
        // What ran to its end takes nothing; it is counted all the same until it is removed, and is small.
        usage[node, default: NodeUsage()].millicores += pod.millicores
        usage[node, default: NodeUsage()].mebibytes += pod.mebibytes
        usage[node, default: NodeUsage()].pods += 1
    }
}
