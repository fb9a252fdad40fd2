import Bootstrap
import FoundationEssentials
import Kubernetes
import Logging
import Store

/// Finds the node on a machine: by our own index first, then by looking at the customer's clusters.
struct NodeSearch: Sendable {
    let records: SpotEventStore
    let connections: ClusterConnections
    let logger: Logger

    /// What was found.
    enum Finding: Sendable {
        /// The node.
        case found(InterruptedNode)
        /// No cluster of the customer has it; all were asked.
        case foreign
        /// Some clusters could not be asked, and the others do not have it.
        case unknown(String)
    }

    /// Finds it.
    ///
    /// What the index says is checked with the cluster: a name may have been given to another machine since.
    ///
    /// - Parameters:
    ///   - instance: The machine.
    ///   - customer: Whose it is.
    ///   - cluster: Where the job says it is; nil if it does not.
    /// - Returns: What was found.
    /// - Throws: The database's errors.
    func find(_ instance: String, of customer: UUID, in cluster: UUID?) async throws -> Finding {
        if let known = try await records.node(on: instance, of: customer),
            let node = try await verified(known, instance)
        {
            return .found(node)
        }
        let clusters = try await records.clusters(of: customer).filter { cluster == nil || $0 == cluster }
        return try await withThrowingTaskGroup(of: Finding.self) { group in
            for cluster in clusters { group.addTask { try await look(instance, in: cluster) } }
            var result = Finding.foreign
            for try await finding in group {
                switch finding {
                case .found:
                    group.cancelAll()
                    return finding
                case .unknown: result = finding
                case .foreign: break
                }
            }
            return result
        }
    }

    private func verified(_ known: SpotEventStore.KnownNode, _ instance: String) async throws
        -> InterruptedNode?
    {
        guard let client = try await connections.client(for: known.clusterID) else { return nil }
        do {
            let node = try await client.node(known.name)
            guard NodeFacts.instanceID(providerID: node.spec.providerID) == instance else { return nil }
            return InterruptedNode(node, in: known.clusterID, at: Date())
        } catch {
            logger.info("the node that is known could not be read", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private func look(_ instance: String, in cluster: UUID) async throws -> Finding {
        guard let client = try await connections.client(for: cluster) else { return .foreign }
        do {
            guard let node = try await client.nodes(instanceIDs: [instance])[instance] else {
                return .foreign
            }
            return .found(InterruptedNode(node, in: cluster, at: Date()))
        } catch {
            if error.code == .cancelled { throw CancellationError() }
            return .unknown("cluster \(cluster.text) could not be asked: \(error.message)")
        }
    }
}
