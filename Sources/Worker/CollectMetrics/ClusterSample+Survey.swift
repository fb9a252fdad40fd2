import FoundationEssentials
import Kubernetes
import Optimizer
import Store

extension ClusterSample {
    /// What is kept of a survey.
    ///
    /// The series `cpu`, `memory` and `cost` are the seeds': requested cores, requested bytes, USD an hour.
    init(_ survey: ClusterSurvey, clusterID: UUID, jobID: UUID, at time: Date) throws {
        let cost = survey.cost
        let (health, reason) = survey.health
        var series: [(name: String, value: String)] = [
            ("cpu", survey.allocated.cpu.decimal),
            ("memory", survey.allocated.memory.decimal),
            ("cpu_allocatable", survey.allocatable.cpu.decimal),
            ("memory_allocatable", survey.allocatable.memory.decimal),
            ("nodes", "\(survey.nodes.count)"),
            ("spot_nodes", "\(survey.count(.spot))"),
            ("on_demand_nodes", "\(survey.count(.onDemand))"),
            ("pods", "\(survey.podCount)"),
            ("pods_pending", "\(survey.pendingPods)"),
            ("cost_known", cost.known.description),
            ("unpriced_nodes", "\(cost.unpricedNodes)"),
        ]
        if let used = survey.totalUsed {
            series.append(("cpu_used", used.cpu.decimal))
            series.append(("memory_used", used.memory.decimal))
        }
        if let total = cost.total { series.append(("cost", total.description)) }
        self.init(
            clusterID: clusterID,
            jobID: jobID,
            takenAt: time,
            nodes: survey.nodes.map { Node($0.node, $0.facts, in: survey) },
            series: series,
            health: health,
            healthReason: reason,
            costPerHour: cost.total?.description,
            unpricedNodes: cost.unpricedNodes,
            metrics: try ClusterMetrics(survey, clusterID: clusterID, at: time).serialized()
        )
    }
}

extension ClusterSample.Node {
    fileprivate init(_ node: Kubernetes.Node, _ facts: NodeFacts, in survey: ClusterSurvey) {
        let capacity = node.status.capacity ?? facts.allocatable
        let requested = survey.usage[facts.name]
        self.init(
            uid: node.metadata.uid,
            name: facts.name,
            instanceID: facts.instanceID,
            instanceType: facts.instanceType,
            availabilityZone: facts.zone,
            nodeType: facts.capacityType.rawValue,
            status: !facts.isReady ? "not_ready" : facts.isUnschedulable ? "cordoned" : "ready",
            cpuCapacity: capacity.cpu.decimal,
            memoryCapacityGiB: "\(capacity.memory.gibibytes)",
            cpuAllocatable: facts.allocatable.cpu.decimal,
            memoryAllocatable: Int64(facts.allocatable.memory.wholeUnitsRoundedUp),
            podsAllocatable: Int64((facts.allocatable["pods"] ?? .zero).wholeUnitsRoundedUp),
            cpuRequested: requested.resources.cpu.decimal,
            memoryRequested: Int64(requested.resources.memory.wholeUnitsRoundedUp),
            podCount: requested.podCount,
            hourlyPrice: survey.price(of: facts)?.description
        )
    }
}
