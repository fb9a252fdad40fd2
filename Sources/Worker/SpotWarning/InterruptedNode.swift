import FoundationEssentials
import Kubernetes
import Store

/// The node on a machine that is interrupted: found once, and stored.
struct InterruptedNode: Sendable, Codable, Equatable {
    var clusterID: UUID
    var name: String
    var uid: String
    var instanceType: String?
    var zone: String?
    /// Whoever replaces its machines, if the node says so.
    var owner: MachineOwner?
    /// When it was found.
    var foundAt: Date

    init(_ node: Node, in cluster: UUID, at now: Date) {
        let facts = NodeFacts(node)
        clusterID = cluster
        name = node.metadata.name
        uid = node.metadata.uid
        instanceType = facts.instanceType
        zone = facts.zone
        owner = MachineOwner(labels: node.metadata.labels)
        foundAt = now
    }
}
