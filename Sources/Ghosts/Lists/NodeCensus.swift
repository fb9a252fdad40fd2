public import FoundationEssentials

/// A node as a cluster lists it: which machine it is on counts, never its name or address.
public struct ListedNode: Hashable, Sendable {
    /// Where a node is.
    public enum Place: Hashable, Sendable {
        /// On this instance of EC2.
        case instance(String)
        /// Not on EC2: Fargate, a hybrid node.
        case elsewhere
        /// Nobody says: it may be on any instance.
        case unknown
    }

    /// Its name, for people.
    public let name: String
    /// Where it is.
    public let place: Place

    /// Makes a node.
    public init(name: String, place: Place) {
        self.name = name
        self.place = place
    }

    /// Makes a node from what its object says.
    ///
    /// - Parameters:
    ///   - name: Its name.
    ///   - providerID: As in `aws:///us-east-1a/i-0abc`.
    ///   - instanceID: The instance that the provider id names; nil if it names none.
    public init(name: String, providerID: String?, instanceID: String?) {
        let place: Place =
            if let instanceID {
                .instance(instanceID)
            } else if let providerID, Self.isElsewhere(providerID) {
                .elsewhere
            } else {
                .unknown
            }
        self.init(name: name, place: place)
    }

    /// Only what is known not to be EC2: `aws:///ZONE/X/fargate-...`, and other clouds and hybrid nodes by their scheme.
    private static func isElsewhere(_ providerID: String) -> Bool {
        guard let colon = providerID.firstIndex(of: ":"), colon != providerID.startIndex else { return false }
        if providerID[..<colon] != "aws" { return true }
        return providerID.split(separator: "/").last?.hasPrefix("fargate-") ?? false
    }
}

/// Every node of a cluster: a whole list in which each one is known.
///
/// An empty list is none: a cluster without any node is one that was deleted, or that does not show us its nodes, and
/// every machine would look like a ghost.
public struct NodeCensus: Sendable {
    /// The cluster.
    public let cluster: UUID
    /// How many nodes it has.
    public let count: Int
    /// The instances its nodes are on.
    public let instances: Set<String>
    /// When it was asked for.
    public let beganAt: Date
    /// When it had come.
    public let endedAt: Date

    /// Makes a census of a list.
    ///
    /// - Parameters:
    ///   - cluster: The cluster.
    ///   - list: Its nodes.
    /// - Throws: ``ScanAbort`` if it is empty, or holds a node of which nobody knows the machine.
    public init(of cluster: UUID, _ list: CompleteList<ListedNode>) throws(ScanAbort) {
        guard !list.items.isEmpty else {
            throw ScanAbort(.nodesEmpty, "cluster \(cluster.uuidString.lowercased()) lists no node")
        }
        var instances: Set<String> = []
        for node in list.items {
            switch node.place {
            case .instance(let id): instances.insert(id)
            case .elsewhere: break
            case .unknown:
                throw ScanAbort(
                    .nodeWithoutIdentity,
                    "node \(node.name) has no provider id: it may be on any machine"
                )
            }
        }
        self.cluster = cluster
        count = list.items.count
        self.instances = instances
        beganAt = list.beganAt
        endedAt = list.endedAt
    }
}
