import AWS
import Bootstrap
import FoundationEssentials
import Ghosts
import Kubernetes
import Store

/// Reads both sides of a cluster: what EC2 lists, and then what the customer's clusters list.
///
/// What cannot be read, or not to its end, is an abort; there is no list then that anything could be decided on.
struct GhostSurvey: Sendable {
    /// How many machines are asked for their protection; more candidates than this are not to be believed anyway.
    private static let protectionLimit = 200

    let access: ClusterAccess
    let ghosts: GhostStore
    let customer: UUID
    let scanned: ScannedCluster
    let aws: AWSClient
    /// When all calls end.
    let limit: ContinuousClock.Instant

    /// The cluster's machines without a node.
    func orphans(_ scan: GhostScan) async throws -> Orphans {
        // In this order: a machine that joins between the two is a node by then.
        let machines = try await machines()
        return try scan.orphans(among: machines, notOn: try await census(of: scanned.id))
    }

    /// What else is to be known about machines without a node; nothing is asked where there are none.
    func knowledge(_ scan: GhostScan, about orphans: Orphans) async throws -> ScanKnowledge {
        let machines = orphans.machines
        var knowledge = ScanKnowledge(
            otherClusters: machines.isEmpty ? [:] : try await otherClusters(),
            groups: try await groups(of: machines.map(\.id)),
            protection: [:],
            busy: try await ghosts.busy(
                machines.map(\.id),
                jobs: Dictionary(
                    machines.compactMap { machine in
                        machine.tags[KnownTags.job].flatMap { UUID(uuidString: $0) }.map { (machine.id, $0) }
                    },
                    uniquingKeysWith: { first, _ in first }
                ),
                of: customer
            ),
            knownNodes: Dictionary(
                grouping: try await ghosts.knownNodes(on: machines.map(\.id)),
                by: \.instanceID
            ).mapValues { nodes in
                nodes.map { .init(cluster: $0.clusterID, lastSeenAt: $0.lastSeenAt, isGone: $0.isGone) }
            }
        )
        knowledge.protection = try await protection(of: scan.candidates(orphans, knowledge))
        return knowledge
    }

    // MARK: - EC2

    private func machines() async throws -> CompleteList<Machine> {
        let filters: [EC2.Filter] = [
            .init("tag-key", scanned.proofKeys), .states([.pending, .running]),
        ]
        var pages = aws.ec2.instances(filters: filters).makeAsyncIterator()
        return try await reading("instances") {
            try await CompleteList<EC2.Instance>.read { try await pages.next() }
        }.map(Machine.init)
    }

    private func groups(of ids: [String]) async throws -> CompleteList<GroupMember> {
        // An empty list of ids would ask for all of the account.
        var batches = stride(from: 0, to: ids.count, by: 50).map { Array(ids[$0..<min($0 + 50, ids.count)]) }
        return try await reading("groups") {
            try await CompleteList<AutoScaling.Instance>.read {
                guard !batches.isEmpty else { return nil }
                return try await aws.autoScaling.instances(batches.removeFirst()).collect()
            }
        }.map(GroupMember.init)
    }

    private func protection(of ids: [String]) async throws -> [String: Bool] {
        var protection: [String: Bool] = [:]
        for id in ids.prefix(Self.protectionLimit) {
            do {
                protection[id] = try await aws.ec2.isTerminationProtected(id)
            } catch  where error.code == .notFound {
                // Not known, then: a doubt.
            } catch {
                throw try Self.abort(error, "protection")
            }
        }
        return protection
    }

    private func reading<Value>(_ what: String, _ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as AWSError {
            throw try Self.abort(error, what)
        }
    }

    static func abort(_ error: AWSError, _ what: String) throws -> ScanAbort {
        if error.code == .cancelled { throw CancellationError() }
        return ScanAbort(
            .machinesUnreadable,
            "AWS did not list the \(what): \(ReplacementLaunch.explained(error))"
        )
    }

    // MARK: - Kubernetes

    private func client(_ id: UUID) async throws -> KubernetesClient {
        guard let client = try await access.connections.client(for: id) else {
            throw ScanAbort(.nodesUnreadable, "cluster \(id.text) is not registered any more")
        }
        return client.until(limit)
    }

    /// Every node of a cluster.
    func census(of id: UUID) async throws -> NodeCensus {
        let client = try await client(id)
        do {
            let list = try await Self.whole { () async throws(KubernetesError) in try await client.listNodes()
            }
            return try NodeCensus(
                of: id,
                list.map { node in
                    ListedNode(
                        name: node.metadata.name,
                        providerID: node.spec.providerID,
                        instanceID: NodeFacts.instanceID(providerID: node.spec.providerID)
                    )
                }
            )
        } catch let error as KubernetesError {
            if error.code == .unauthorized, id == scanned.id {
                try await access.clusters.credentialRefused(
                    id,
                    reason: "the API server refused the token (401)"
                )
            }
            throw try Self.abort(error)
        }
    }

    /// The customer's other registered clusters, also those that are paused: their machines are no less theirs.
    private func otherClusters() async throws -> [UUID: ScanKnowledge.View] {
        let others = try await ghosts.clusters(of: customer).filter { $0 != scanned.id }
        return try await withThrowingTaskGroup(of: ClusterView<ScanKnowledge.View>.self) { group in
            for id in others {
                group.addTask {
                    do {
                        return ClusterView(id: id, view: .seen(try await census(of: id)))
                    } catch let abort as ScanAbort {
                        return ClusterView(id: id, view: .unseen(abort.detail))
                    }
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.id] = $1.view }
        }
    }

    /// A list that the client either reads to its end, or not at all.
    static func whole<Item: Sendable>(
        _ list: () async throws(KubernetesError) -> [Item]
    ) async throws -> CompleteList<Item> {
        var isRead = false
        return try await CompleteList.read {
            guard !isRead else { return nil }
            let items = try await list()
            isRead = true
            return items
        }
    }

    static func abort(_ error: KubernetesError) throws -> ScanAbort {
        let message = ClusterFailure.message(of: error, manifest: "observe.yaml")
        switch error.code {
        case .cancelled: throw CancellationError()
        case .unauthorized, .signInRefused: return ScanAbort(.nodesUnauthorized, message)
        case .forbidden: return ScanAbort(.nodesForbidden, message)
        case .timedOut: return ScanAbort(.nodesTimedOut, message)
        default: return ScanAbort(.nodesUnreadable, message)
        }
    }
}

extension Machine {
    init(_ instance: EC2.Instance) {
        let market =
            switch instance.market {
            case .onDemand: "on-demand"
            case .spot: "spot"
            case .other(let name): name
            }
        self.init(
            id: instance.id,
            state: instance.state.rawValue,
            type: instance.type,
            zone: instance.zone,
            market: market,
            launchedAt: instance.launched,
            account: instance.owner,
            managedBy: instance.managedBy,
            platform: instance.platform,
            tags: instance.tags
        )
    }
}

extension GroupMember {
    init(_ instance: AutoScaling.Instance) {
        self.init(
            id: instance.id,
            group: instance.group,
            state: instance.lifecycleState ?? "unknown",
            isProtected: instance.isProtected
        )
    }
}
