import Drain
import Foundation
import Kubernetes
import Logging
import Synchronization
import TestKit
import Testing

/// Drains of real pods through a connection and a server on which there's no relying.
@Suite(
    .enabled(if: ControlPlane.isAvailable, "\(ControlPlane.missing)"),
    .timeLimit(.minutes(2))
)
struct FaultTests {
    let cluster: TestCluster
    let proxy: FaultProxy

    init() throws {
        cluster = try TestCluster()
        proxy = try FaultProxy.started()
    }

    private func drain(_ fault: String) -> NodeDrain {
        NodeDrain(client: proxy.client(cluster, fault), logger: Logger(label: "test"))
    }

    /// Time enough for everything to be slow.
    private static let policy = DeadlinePolicy(margin: .seconds(12), stopMargin: .seconds(2))

    /// Five pods that may go, and one whose budget never allows it.
    private func run(
        _ fault: String,
        blocked: Bool = true,
        concurrency: Int = 10,
        _ body: (_ node: String, _ report: DrainReport) async throws -> Void
    ) async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode()
            for i in 0..<5 { try await cluster.addPod("web-\(i)", on: node, grace: 5) }
            if blocked {
                try await cluster.addPod("db", on: node, labels: ["app": "db"], grace: 2)
                try await cluster.addBudget("never", app: "db", minAvailable: 1)
            }
            try await cluster.waitForPods(blocked ? 6 : 5, on: node)
            let end = Date() + (blocked ? 36 : 90)
            var policy = Self.policy
            policy.concurrency = concurrency
            let report = try await drain(fault)
                .run(node: node, jobID: cluster.jobID, deadline: end, policy: policy)
            #expect(report.finishedAt < end)
            try await body(node, report)
        }
    }

    @Test(arguments: ["broken", "hanging", "closing", "slow", "lost"])
    func everyPodIsToldInSpiteOf(fault: String) async throws {
        try await run(fault) { node, report in
            #expect(report.outcome == .drained, "\(report)")
            // Mostly five and one; on a slow machine, a fault may last to a pod's last call.
            #expect(report.evicted.count + report.forced.count == 6, "\(report)")
            let forced = report.forced.first { $0.pod.name == "db" }
            #expect(forced?.budgets == ["\(cluster.name)/never"], "\(report)")
            #expect(try await cluster.pods(on: node).isEmpty)
            let held = try await cluster.client.node(node)
            #expect(NodeHold.holder(of: held) == cluster.jobID)
            #expect(held.metadata.annotations[NodeHold.cordonedBy] == cluster.jobID)
        }
    }

    /// A 429 that no budget is the cause of slows down everything.
    @Test func slowsDownForABusyServer() async throws {
        try await run("busy", blocked: false, concurrency: 1) { _, report in
            #expect(report.outcome == .drained)
            #expect(report.evicted.count == 5)
            #expect(report.evicted.allSatisfy { $0.budgets == [] })
            let evictions = try await proxy.log(cluster).filter { $0.kind == "eviction" }
            #expect(evictions.filter { $0.status == 429 }.count == 3)
            // Whatever pod is next, there's silence for as long as was asked.
            for (one, next) in zip(evictions, evictions.dropFirst()) where one.status == 429 {
                #expect(next.at - one.at > 1.9)
            }
        }
    }

    @Test func asksInTheNewVersionOnce() async throws {
        try await run("plain", blocked: false) { _, report in
            #expect(report.evicted.count == 5)
            let evictions = try await proxy.log(cluster).filter { $0.kind == "eviction" }
            // The server knows the old one only: those that were sent together learn that each.
            #expect(evictions.filter { $0.status == 400 }.count <= 5)
            #expect(evictions.filter { $0.status == 201 }.count == 5)
        }
    }

    @Test func remembersTheVersionOfACluster() async throws {
        let pace = ClusterPace()
        #expect(pace.version == .v1)
        let drain = NodeDrain(
            client: proxy.client(cluster, "plain"),
            pace: pace,
            logger: Logger(label: "test")
        )
        try await cluster.withNamespace {
            for suffix in ["a", "b"] {
                let node = try await cluster.addNode(suffix)
                try await cluster.addPod("web-\(suffix)", on: node)
                try await cluster.waitForPods(1, on: node)
                let report = try await drain.run(node: node, jobID: cluster.jobID, deadline: Date() + 60)
                #expect(report.evicted.count == 1)
                #expect(pace.version == .v1beta1)
            }
        }
        let evictions = try await proxy.log(cluster).filter { $0.kind == "eviction" }
        #expect(evictions.map(\.status) == [400, 201, 201])
    }

    /// The lease is lost in the very moment before a change: the cordon, or the first evictions.
    @Test(arguments: [1, 2])
    func changesNothingMoreWhenCancelled(atChange: Int) async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode()
            for i in 0..<3 { try await cluster.addPod("web-\(i)", on: node) }
            try await cluster.waitForPods(3, on: node)
            let changes = Mutex(0)
            let hooks = DrainHooks(mayAct: {
                let change = changes.withLock { count in
                    count += 1
                    return count
                }
                if change == atChange { withUnsafeCurrentTask { $0?.cancel() } }
            })
            let task = Task {
                try await drain("plain")
                    .run(node: node, jobID: cluster.jobID, deadline: Date() + 60, hooks: hooks)
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(changes.withLock { $0 } == atChange)
            let sent = try await proxy.log(cluster).filter { $0.method != "GET" }
            #expect(sent.map(\.kind) == (atChange == 1 ? [] : ["node"]))
            let left = try await cluster.pods(on: node).values.filter { $0.metadata.deletedAt == nil }
            #expect(left.count == 3)
        }
    }

    @Test func goesOnWithoutTheCordon() async throws {
        try await run("nopatch", blocked: false) { node, report in
            #expect(report.outcome == .drained)
            #expect(report.evicted.count == 5)
            #expect(report.heldAt == nil)
            #expect(report.problems.count == 1)
            #expect(report.problems.first?.contains("cannot PATCH node") == true)
            let found = try await cluster.client.node(node)
            #expect(NodeHold.holder(of: found) == nil)
        }
    }

    @Test func goesOnWithoutTheBudgets() async throws {
        try await run("nobudgets") { _, report in
            #expect(report.outcome == .drained)
            #expect(report.problems.count == 1)
            // The server's refusal names the budget too.
            #expect(report.forced.first?.budgets == ["\(cluster.name)/never"])
        }
    }

    @Test func deletesWhatItMayNotEvict() async throws {
        try await run("noevict") { _, report in
            #expect(report.outcome == .drained)
            #expect(report.forced.count == 6)
            // What was refused was no matter of budgets.
            #expect(report.forced.allSatisfy { $0.budgets == [] })
        }
    }

    @Test func saysWhatItMayNotDelete() async throws {
        try await run("nodelete") { node, report in
            #expect(report.outcome == .incomplete)
            #expect(report.evicted.count == 5)
            #expect(report.lost.map(\.pod.name) == ["db"])
            #expect(report.lost.first?.reason == .budget)
            #expect(report.lost.first?.budgets == ["\(cluster.name)/never"])
            let left = try await cluster.pods(on: node)
            #expect(left["db"] != nil && left["db"]?.metadata.deletedAt == nil)
        }
    }

    @Test func refusesAVoluntaryDrainItCannotJudge() async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode()
            try await cluster.addPod("web", on: node)
            let policy = VoluntaryPolicy(movesUnreplicated: true)
            let error = await #expect(throws: KubernetesError.self) {
                try await drain("nobudgets").run(node: node, jobID: cluster.jobID, policy: policy)
            }
            #expect(error?.code == .forbidden)
            #expect(try await cluster.client.node(node).spec.unschedulable != true)
        }
    }

    @Test func givesBackANodeItMayNotDrain() async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode()
            try await cluster.addPod("web", on: node)
            let report = try await drain("noevict").run(
                node: node,
                jobID: cluster.jobID,
                policy: VoluntaryPolicy(movesUnreplicated: true)
            )
            #expect(report.outcome == .rolledBack)
            #expect(report.blockers.map(\.kind) == [.refused])
            #expect(try await cluster.client.node(node).spec.unschedulable != true)
        }
    }

    @Test func saysThatTheCredentialHasExpired() async throws {
        let client = cluster.client
        var endpoint = client.endpoint
        endpoint.signIn = .token(KubernetesToken("expired"))
        let drain = NodeDrain(
            client: KubernetesClient(endpoint: endpoint, http: cluster.http),
            logger: Logger(label: "test")
        )
        let error = await #expect(throws: KubernetesError.self) {
            try await drain.run(node: "n", jobID: cluster.jobID, deadline: Date() + 60)
        }
        #expect(error?.code == .unauthorized)
    }

    /// A server that is not there at all: the drain still ends in time, and says so.
    @Test func endsInTimeWithoutAServer() async throws {
        var endpoint = cluster.endpoint
        endpoint.serverURL = "https://127.0.0.1:1"
        let drain = NodeDrain(
            client: KubernetesClient(endpoint: endpoint, http: cluster.http),
            logger: Logger(label: "test")
        )
        let deadline = Date() + 14
        let report = try await drain.run(
            node: "n",
            jobID: cluster.jobID,
            deadline: deadline,
            policy: DeadlinePolicy(margin: .seconds(9), stopMargin: .seconds(8))
        )
        #expect(report.outcome == .incomplete)
        #expect(report.finishedAt < deadline)
        #expect(!report.problems.isEmpty)
    }
}
