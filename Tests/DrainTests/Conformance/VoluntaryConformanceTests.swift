import Drain
import Foundation
import Kubernetes
import Synchronization
import TestKit
import Testing

@Suite(
    .enabled(if: ControlPlane.isAvailable, "\(ControlPlane.missing)"),
    .timeLimit(.minutes(2))
)
struct VoluntaryConformanceTests {
    let cluster: TestCluster

    init() throws { cluster = try TestCluster() }

    private func run(
        _ node: String,
        timeout: Duration = .seconds(60),
        resuming progress: DrainProgress? = nil,
        hooks: DrainHooks = DrainHooks()
    ) async throws -> DrainReport {
        try await cluster.drain.run(
            node: node,
            jobID: cluster.jobID,
            policy: VoluntaryPolicy(timeout: timeout, movesUnreplicated: true),
            resuming: progress,
            hooks: hooks
        )
    }

    @Test func refusesWithNothingTouched() async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode()
            try await cluster.addPod("db", on: node, labels: ["app": "db"])
            try await cluster.addPod("two", on: node, labels: ["app": "two"])
            try await cluster.addPod("keep", on: node, annotations: ["karpenter.sh/do-not-disrupt": "true"])
            try await cluster.addPod("web", on: node)
            try await cluster.addBudget("never", app: "db", minAvailable: 1)
            try await cluster.addBudget("one", app: "two", minAvailable: 0)
            try await cluster.addBudget("other", app: "two", minAvailable: 0)
            try await cluster.waitForPods(4, on: node)
            let before = try await cluster.client.node(node)

            let mutations = Mutex(0)
            let report = try await run(
                node,
                hooks: DrainHooks(mayAct: { mutations.withLock { $0 += 1 } })
            )

            #expect(report.outcome == .refused)
            #expect(mutations.withLock { $0 } == 0)
            #expect(report.blockers.map(\.kind) == [.budget, .optOut, .severalBudgets])
            #expect(report.blockers.map(\.pod?.name) == ["db", "keep", "two"])
            #expect(
                report.blockers.map(\.budgets) == [
                    ["\(cluster.name)/never"], [], ["\(cluster.name)/one", "\(cluster.name)/other"],
                ]
            )
            #expect(
                report.blockers[0].description
                    == "pod \(cluster.name)/db (PodDisruptionBudget \(cluster.name)/never):"
                    + " the budget allows no disruption now: 1 healthy, 1 needed"
            )
            #expect(report.pods == [])
            let after = try await cluster.client.node(node)
            #expect(after.metadata.resourceVersion == before.metadata.resourceVersion)
            #expect(try await cluster.pods(on: node).values.allSatisfy { $0.metadata.deletedAt == nil })
            #expect(
                try await cluster.drain.check(
                    node: node,
                    jobID: cluster.jobID,
                    policy: VoluntaryPolicy(movesUnreplicated: true)
                ) == report.blockers
            )
        }
    }

    @Test func movesPodsAndGivesBack() async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode("a")
            try await cluster.addReplicaSet("web", replicas: 8)
            try await cluster.addBudget("web", app: "web", minAvailable: 6)
            try await cluster.waitForPods(8, on: node)
            let other = try await cluster.addNode("b")
            let report = try await cluster.drain.run(
                node: node,
                jobID: cluster.jobID,
                policy: VoluntaryPolicy(gracePeriod: .seconds(3))
            )
            #expect(report.outcome == .drained)
            #expect(report.evicted.count == 8)
            #expect(report.evicted.allSatisfy { $0.gracePeriodSeconds == 3 })
            #expect(report.blockers == [])
            #expect(try await cluster.pods(on: node).isEmpty)
            try await cluster.waitForPods(8, on: other)
            #expect(try await cluster.client.node(node).spec.unschedulable == true)

            let released = try await NodeCordon(cluster.client).release(node, jobID: cluster.jobID)
            #expect(released.spec.unschedulable != true)
            #expect(NodeHold.holder(of: released) == nil)
            #expect(released.metadata.annotations[NodeHold.cordonedBy] == nil)
        }
    }

    @Test(arguments: [false, true])
    func rollsBackWhenItTakesTooLong(wasCordoned: Bool) async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode(unschedulable: wasCordoned)
            for i in 0..<3 { try await cluster.addPod("db-\(i)", on: node, labels: ["app": "db"]) }
            // Nothing replaces them: the first may go, and then none.
            try await cluster.addBudget("db", app: "db", minAvailable: 2)
            try await cluster.waitForPods(3, on: node)
            let report = try await run(node, timeout: .seconds(12))

            #expect(report.outcome == .rolledBack)
            #expect(report.evicted.count == 1)
            let rest = report.pods.filter { $0.reason == .rolledBack }
            #expect(rest.count == 2)
            #expect(rest.allSatisfy { $0.outcome == .skipped && $0.budgets == ["\(cluster.name)/db"] })
            #expect(report.blockers.map(\.kind) == [.budget, .budget])
            #expect(report.blockers.allSatisfy { $0.budgets == ["\(cluster.name)/db"] })
            let after = try await cluster.client.node(node)
            #expect((after.spec.unschedulable ?? false) == wasCordoned)
            #expect(NodeHold.holder(of: after) == nil)
            #expect(after.metadata.annotations[NodeHold.cordonedBy] == nil)
            #expect(try await cluster.pods(on: node).count == 2)
        }
    }

    @Test func refusesANodeOfAnotherJob() async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode()
            try await NodeCordon(cluster.client).hold(node, jobID: "another")
            let report = try await run(node)
            #expect(report.outcome == .refused)
            #expect(report.blockers.map(\.kind) == [.held])
            // And does not give back what isn't its own.
            try await NodeCordon(cluster.client).release(node, jobID: cluster.jobID)
            #expect(NodeHold.holder(of: try await cluster.client.node(node)) == "another")
            // A drain with a deadline goes first.
            let urgent = try await cluster.drain.run(node: node, jobID: cluster.jobID, deadline: Date() + 60)
            #expect(urgent.outcome == .drained)
            let taken = try await cluster.client.node(node)
            #expect(NodeHold.holder(of: taken) == cluster.jobID)
            #expect(taken.metadata.annotations[NodeHold.cordonedBy] == cluster.jobID)
        }
    }

    @Test func keepsTheTaintsOfOthers() async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode()
            let path = "/api/v1/nodes/\(node)"
            let taint: [String: Any] = [
                "key": "example.com/x", "value": "y", "effect": "NoExecute",
                "timeAdded": "2026-01-02T03:04:05Z",
            ]
            let merge = "application/merge-patch+json"
            try await cluster.call("PATCH", path, ["spec": ["taints": [taint]]], contentType: merge)
            let cordon = NodeCordon(cluster.client)
            // Others write to the node all the time.
            try await withThrowingTaskGroup { group in
                for i in 0..<20 {
                    group.addTask {
                        _ = try await cluster.call(
                            "PATCH",
                            path,
                            ["metadata": ["labels": ["n": "\(i)"]]],
                            contentType: merge
                        )
                    }
                }
                group.addTask { try await cordon.hold(node, jobID: cluster.jobID) }
                try await group.waitForAll()
            }
            let held = try await cluster.client.node(node)
            let theirs = Node.Taint(
                key: "example.com/x",
                value: "y",
                effect: "NoExecute",
                timeAdded: "2026-01-02T03:04:05Z"
            )
            #expect(held.spec.taints?.first == theirs)
            #expect(NodeHold.holder(of: held) == cluster.jobID)
            // A second time changes nothing.
            let again = try await cordon.hold(node, jobID: cluster.jobID)
            #expect(again.metadata.resourceVersion == held.metadata.resourceVersion)
            #expect(try await cordon.release(node, jobID: cluster.jobID).spec.taints == [theirs])
            #expect(try await cordon.setUnschedulable(node, true).spec.unschedulable == true)
            #expect(try await cordon.setUnschedulable(node, false).spec.unschedulable != true)
        }
    }

    private struct LeaseLost: Error {}

    /// The first worker loses its lease after some evictions; the second goes on.
    @Test(arguments: [true, false])
    func isContinuedByAnotherWorker(withRecord: Bool) async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode()
            for i in 0..<6 { try await cluster.addPod("web-\(i)", on: node, labels: ["app": "web"]) }
            try await cluster.waitForPods(6, on: node)
            let batches = Mutex(0)
            let record = Mutex<DrainProgress?>(nil)
            let hooks = DrainHooks(
                mayAct: {
                    // The first is the cordon.
                    let batch = batches.withLock { count in
                        count += 1
                        return count
                    }
                    if batch > 3 { throw LeaseLost() }
                },
                onProgress: { progress in record.withLock { $0 = progress } }
            )
            await #expect(throws: LeaseLost.self) {
                _ = try await cluster.drain.run(
                    node: node,
                    jobID: cluster.jobID,
                    policy: VoluntaryPolicy(movesUnreplicated: true, concurrency: 1),
                    hooks: hooks
                )
            }
            // Nothing is given back: the node belongs to who goes on.
            let between = try await cluster.client.node(node)
            #expect(NodeHold.holder(of: between) == cluster.jobID)
            let left = try await cluster.pods(on: node).values.filter { $0.metadata.deletedAt == nil }
            #expect(left.count >= 4)

            let progress = try #require(record.withLock { $0 })
            #expect(progress.nodeUID == between.metadata.uid)
            let stored = try JSONDecoder().decode(
                DrainProgress.self,
                from: try JSONEncoder().encode(progress)
            )
            let report = try await run(node, resuming: withRecord ? stored : nil)
            #expect(report.outcome == .drained)
            let evicted = report.evicted.count
            #expect(withRecord ? evicted == 6 : evicted >= 4)
            #expect(try await cluster.pods(on: node).isEmpty)
        }
    }

    @Test func stopsAtOnceWhenCancelled() async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode()
            for i in 0..<2 { try await cluster.addPod("db-\(i)", on: node, labels: ["app": "db"]) }
            try await cluster.addBudget("db", app: "db", minAvailable: 1)
            try await cluster.waitForPods(2, on: node)
            let (progress, report) = AsyncStream.makeStream(of: DrainProgress.self)
            let hooks = DrainHooks(onProgress: { report.yield($0) })
            let task = Task { try await run(node, hooks: hooks) }
            for await step in progress where step.pods.contains(where: { $0.goneAt != nil }) { break }
            task.cancel()
            let started = ContinuousClock.now
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(.now - started < .seconds(5))
            let after = try await cluster.client.node(node)
            #expect(NodeHold.holder(of: after) == cluster.jobID)
            #expect(after.spec.unschedulable == true)
            #expect(try await cluster.pods(on: node).count == 1)
        }
    }

    @Test func knowsAnotherNodeOfTheSameName() async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode()
            let progress = DrainProgress(nodeUID: "another", startedAt: Date())
            #expect(try await run(node, resuming: progress).outcome == .nodeGone)
            #expect(try await cluster.client.node(node).spec.unschedulable != true)
        }
    }
}
