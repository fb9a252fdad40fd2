import FoundationEssentials
import Kubernetes
import Optimizer
import Store

/// What one look at a cluster saw, and what follows from it.
///
/// Pure: the handler reads, this judges.
///
/// - CPU is in cores, memory in GiB (2^30 bytes) in what clients see, in bytes in the time series.
/// - Allocated is what pods request: those on a node that are neither Succeeded nor Failed.
/// - Used is what metrics.k8s.io says; a node it does not know (yet) is not counted as 0, so the cluster's use is
///   unknown then.
/// - A price that is not in the table stays unknown, and then so is the cluster's cost.
struct ClusterSurvey {
    let region: String
    let prices: PriceTable
    private(set) var nodes: [(node: Node, facts: NodeFacts)] = []
    private(set) var usage = NodeUsage()
    private(set) var podCount = 0
    private(set) var pendingPods = 0
    /// Pods that no node takes.
    private(set) var unscheduledPods = 0
    /// By node; nil without a metrics-server.
    private(set) var used: [String: ResourceList]?

    init(region: String, prices: PriceTable) {
        self.region = region
        self.prices = prices
    }

    mutating func saw(_ nodes: [Node]) {
        self.nodes = nodes.map { ($0, NodeFacts($0)) }
    }

    mutating func saw(_ pods: [Pod]) {
        usage.add(pods)
        for pod in pods where !Self.isFinished(pod) {
            podCount += 1
            guard pod.status.phase == "Pending" else { continue }
            pendingPods += 1
            if pod.spec.nodeName == nil { unscheduledPods += 1 }
        }
    }

    /// The list of pods began anew.
    mutating func forgetPods() {
        usage = NodeUsage()
        podCount = 0
        pendingPods = 0
        unscheduledPods = 0
    }

    mutating func saw(_ metrics: [NodeMetrics]) {
        used = Dictionary(metrics.map { ($0.name, $0.usage) }, uniquingKeysWith: { _, newer in newer })
    }

    // MARK: - Judgement

    func price(of facts: NodeFacts) -> Money? {
        guard let type = facts.instanceType else { return nil }
        return prices.price(
            region: region,
            zone: facts.zone,
            instanceType: type,
            capacityType: facts.capacityType.rawValue
        )
    }

    var cost: ClusterCost {
        nodes.reduce(into: ClusterCost()) { $0.add(price(of: $1.facts)) }
    }

    var health: (health: ClusterRecord.Health, reason: String?) {
        let notReady = nodes.filter { !$0.facts.isReady }.count
        if nodes.isEmpty { return (.red, "the cluster has no nodes") }
        if notReady == nodes.count { return (.red, "none of \(nodes.count) nodes is ready") }
        var reasons: [String] = []
        if notReady > 0 { reasons.append("\(notReady) of \(nodes.count) nodes are not ready") }
        if unscheduledPods > 0 { reasons.append("no node takes \(unscheduledPods) pods") }
        return reasons.isEmpty ? (.green, nil) : (.yellow, reasons.joined(separator: "; "))
    }

    func count(_ capacity: CapacityType) -> Int {
        nodes.filter { $0.facts.capacityType == capacity }.count
    }

    var allocatable: ResourceList {
        nodes.reduce(into: [:]) { $0.add($1.facts.allocatable) }
    }

    /// What pods on nodes that we saw request.
    var allocated: ResourceList {
        nodes.reduce(into: [:]) { $0.add(usage[$1.facts.name].resources) }
    }

    /// What the nodes use; nil unless every node is known.
    var totalUsed: ResourceList? {
        guard let used else { return nil }
        var total: ResourceList = [:]
        for (_, facts) in nodes {
            guard let node = used[facts.name] else { return nil }
            total.add(node)
        }
        return total
    }

    private static func isFinished(_ pod: Pod) -> Bool {
        pod.status.phase == "Succeeded" || pod.status.phase == "Failed"
    }
}

extension Quantity {
    /// As a decimal with nine places, for PostgreSQL.
    var decimal: String {
        let digits = String(nanos.magnitude % 1_000_000_000)
        let fraction = String(repeating: "0", count: 9 - digits.count) + digits
        return "\(nanos < 0 ? "-" : "")\(nanos.magnitude / 1_000_000_000).\(fraction)"
    }

    /// In units, for JSON.
    var units: Double { Double(nanos) / 1_000_000_000 }

    /// In GiB, for JSON; to six places.
    var gibibytes: Double {
        (Double(nanos) / 1_000_000_000 / 1_073_741_824 * 1_000_000).rounded() / 1_000_000
    }
}
