import Foundation
import Ghosts

/// A cluster `shop` with nine nodes on nine machines, and whatever a test adds.
struct Fixture {
    static let account = "123456789012"
    static let own = UUID()
    static let other = UUID()

    let now = Date(timeIntervalSince1970: 1_800_000_000)
    var rules = GhostRules()
    var cluster = ScannedCluster(id: own, name: "shop", account: account, region: "us-east-1")
    var machines: [Machine] = []
    var nodes: [ListedNode] = []
    var otherNodes: [ListedNode] = [ListedNode(name: "b", place: .instance("i-0b"))]
    var otherIsDown = false
    var groups: [GroupMember] = []
    var protection: [String: Bool] = [:]
    var busy: Set<String> = []
    var knownNodes: [String: [ScanKnowledge.KnownNode]] = [:]
    var known: [Sighting] = []

    init(healthy: Int = 9) {
        for number in 0..<healthy {
            machines.append(machine("i-0a\(number)"))
            nodes.append(ListedNode(name: "node-\(number)", place: .instance("i-0a\(number)")))
        }
    }

    /// A machine that runs for two days, in nobody's way.
    func machine(_ id: String, _ change: (inout Machine) -> Void = { _ in }) -> Machine {
        var machine = Machine(
            id: id,
            state: "running",
            type: "m5.large",
            zone: "us-east-1a",
            launchedAt: now.addingTimeInterval(-2 * 86_400),
            account: Self.account,
            tags: ["kubernetes.io/cluster/shop": "owned", "Name": "shop-worker", "team": "shop"]
        )
        change(&machine)
        return machine
    }

    /// Adds a machine without a node, about which all is known.
    mutating func addOrphan(_ id: String = "i-0ff", _ change: (inout Machine) -> Void = { _ in }) {
        machines.append(machine(id, change))
        protection[id] = false
    }

    func list<Item: Sendable>(_ items: [Item], ago: Double) async throws -> CompleteList<Item> {
        var pages = [items]
        return try await CompleteList.read(clock: { now.addingTimeInterval(-ago) }) {
            pages.isEmpty ? nil : pages.removeFirst()
        }
    }

    func census(_ cluster: UUID, _ nodes: [ListedNode], ago: Double = 10) async throws -> NodeCensus {
        try NodeCensus(of: cluster, try await list(nodes, ago: ago))
    }

    var scan: GhostScan { GhostScan(of: cluster, rules: rules, at: now) }

    func orphans() async throws -> Orphans {
        try scan.orphans(
            among: try await list(machines, ago: 20),
            notOn: try await census(cluster.id, nodes)
        )
    }

    func knowledge() async throws -> ScanKnowledge {
        let view: ScanKnowledge.View =
            otherIsDown ? .unseen("timed out") : .seen(try await census(Self.other, otherNodes, ago: 5))
        return ScanKnowledge(
            otherClusters: [Self.other: view],
            groups: try await list(groups, ago: 5),
            protection: protection,
            busy: busy,
            knownNodes: knownNodes
        )
    }

    func decide() async throws -> [GhostAction<Evidence>] {
        try scan.decide(try await orphans(), try await knowledge(), known: known)
    }

    func verdict() async throws -> TerminationVerdict {
        try scan.verdict(on: known[0], try await orphans(), try await knowledge(), known: known)
    }

    /// What earlier scans left of an orphan.
    mutating func addSighting(
        of id: String = "i-0ff",
        _ status: Sighting.Status = .flagged,
        scans: Int = 2,
        observed: Double = 6 * 3600,
        grace: Double = 0,
        lastSeen ago: Double = 6 * 3600,
        isKeptByCall: Bool = false
    ) {
        let last = now.addingTimeInterval(-ago)
        let machine = machines.first { $0.id == id } ?? machine(id)
        known.append(
            Sighting(
                id: UUID(),
                instanceID: id,
                status: status,
                clock: AbsenceClock(
                    firstSeenAt: last.addingTimeInterval(-observed - grace),
                    lastSeenAt: last,
                    scans: scans,
                    observed: observed,
                    flaggedAt: status == .flagged || status == .terminating
                        ? last.addingTimeInterval(-grace) : nil,
                    graceObserved: grace
                ),
                launchedAt: machine.launchedAt,
                tags: machine.foreignTags,
                isKeptByCall: isKeptByCall
            )
        )
    }

    /// The reason of the abort that it ends with; nil if it does not.
    func abort() async throws -> ScanAbort.Reason? {
        do {
            _ = try await decide()
            return nil
        } catch let abort as ScanAbort {
            return abort.reason
        }
    }
}

extension GhostAction {
    /// Whether it brings a machine nearer to its end.
    var isAgainst: Bool {
        switch self {
        case .detect, .see, .ready: true
        case .keep, .clear: false
        }
    }
}
