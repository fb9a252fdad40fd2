import FoundationEssentials
import Kubernetes
import Optimizer
import Store

/// The integration guide's ClusterMetrics, and what we add to it.
struct ClusterMetrics: Encodable {
    struct NodeMetric: Encodable {
        let nodeName: String
        let instanceType: String?
        let instanceId: String?
        let availabilityZone: String?
        let nodeType: String
        let cpuAllocatable: Double
        let memoryAllocatableGb: Double
        let cpuAllocated: Double
        let memoryAllocatedGb: Double
        let podCount: Int
        let cpuUsed: Double?
        let memoryUsedGb: Double?
        let ready: Bool
        let schedulable: Bool
        let pricePerHour: Double?
    }

    let clusterId: String
    let timestamp: String
    let totalNodes: Int
    let spotNodes: Int
    let onDemandNodes: Int
    let unknownNodes: Int
    let totalCpu: Double
    let totalMemoryGb: Double
    let allocatedCpu: Double
    let allocatedMemoryGb: Double
    let usedCpu: Double?
    let usedMemoryGb: Double?
    let totalPods: Int
    let pendingPods: Int
    let nodes: [NodeMetric]
    let estimatedCostPerHour: Double?
    let knownCostPerHour: Double
    let unpricedNodes: Int
    let priceSource: String
    let priceAsOf: String
    let healthStatus: String

    init(_ survey: ClusterSurvey, clusterID: UUID, at time: Date) {
        clusterId = clusterID.text
        timestamp = time.rfc3339
        totalNodes = survey.nodes.count
        spotNodes = survey.count(.spot)
        onDemandNodes = survey.count(.onDemand)
        unknownNodes = survey.count(.unknown)
        totalCpu = survey.allocatable.cpu.units
        totalMemoryGb = survey.allocatable.memory.gibibytes
        allocatedCpu = survey.allocated.cpu.units
        allocatedMemoryGb = survey.allocated.memory.gibibytes
        usedCpu = survey.totalUsed?.cpu.units
        usedMemoryGb = survey.totalUsed?.memory.gibibytes
        totalPods = survey.podCount
        pendingPods = survey.pendingPods
        nodes = survey.nodes.map { _, facts in
            let requested = survey.usage[facts.name]
            let used = survey.used?[facts.name]
            return NodeMetric(
                nodeName: facts.name,
                instanceType: facts.instanceType,
                instanceId: facts.instanceID,
                availabilityZone: facts.zone,
                nodeType: facts.capacityType.rawValue,
                cpuAllocatable: facts.allocatable.cpu.units,
                memoryAllocatableGb: facts.allocatable.memory.gibibytes,
                cpuAllocated: requested.resources.cpu.units,
                memoryAllocatedGb: requested.resources.memory.gibibytes,
                podCount: requested.podCount,
                cpuUsed: used?.cpu.units,
                memoryUsedGb: used?.memory.gibibytes,
                ready: facts.isReady,
                schedulable: !facts.isUnschedulable,
                pricePerHour: survey.price(of: facts)?.dollars
            )
        }
        let cost = survey.cost
        estimatedCostPerHour = cost.total?.dollars
        knownCostPerHour = cost.known.dollars
        unpricedNodes = cost.unpricedNodes
        priceSource = survey.prices.source
        priceAsOf = survey.prices.asOf
        healthStatus = survey.health.health.rawValue
    }

    func serialized() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = .withoutEscapingSlashes
        return Array(try encoder.encode(self))
    }
}
