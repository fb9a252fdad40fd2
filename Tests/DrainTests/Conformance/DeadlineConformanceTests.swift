import Drain
import Foundation
import Kubernetes
import TestKit
import Testing

@Suite(
    .enabled(if: ControlPlane.isAvailable, "\(ControlPlane.missing)"),
    .timeLimit(.minutes(2))
)
struct DeadlineConformanceTests {
    let cluster: TestCluster

    init() throws { cluster = try TestCluster() }

    private func reasons(_ report: DrainReport) -> [String: PodResult.Reason?] {
        Dictionary(uniqueKeysWithValues: own(report).map { ($0.pod.name, $0.reason) })
    }

    /// Without what else the cluster runs on every node.
    private func own(_ report: DrainReport) -> [PodResult] {
        report.pods.filter { $0.pod.namespace == cluster.name }
    }

    @Test func movesEveryPodUnderItsBudget() async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode("a")
            try await cluster.addReplicaSet("web", replicas: 30)
            try await cluster.addBudget("web", app: "web", minAvailable: 20)
            try await cluster.addDaemonSet("agent")
            try await cluster.addPod("static", on: node, annotations: ["kubernetes.io/config.mirror": "x"])
            try await cluster.waitForPods(32, on: node)
            let before = try await cluster.pods(on: node)
            let other = try await cluster.addNode("b")

            let deadline = Date() + 110
            let report = try await cluster.drain.run(node: node, jobID: cluster.jobID, deadline: deadline)

            #expect(report.outcome == .drained)
            #expect(report.problems == [])
            #expect(report.finishedAt.timeIntervalSince(report.startedAt) < 60)
            let results = own(report)
            #expect(results.count == 32)
            #expect(report.evicted.count == 30)
            for result in report.evicted {
                let askedAt = try #require(result.askedAt)
                #expect(askedAt <= (try #require(result.goneAt)))
                #expect(askedAt >= (try #require(report.heldAt)))
            }
            let left = try await cluster.pods(on: node)
            #expect(left.count == 2)
            for pod in left.values {
                #expect(pod.metadata.uid == before[pod.metadata.name]?.metadata.uid)
                #expect(pod.metadata.deletedAt == nil)
            }
            #expect(reasons(report)["static"] == .mirror)
            #expect(reasons(report).values.filter { $0 == .daemonSet }.count == 1)

            let held = try await cluster.client.node(node)
            #expect(held.spec.unschedulable == true)
            let taint = Node.Taint(key: NodeHold.taintKey, value: cluster.jobID, effect: "NoSchedule")
            #expect(held.spec.taints?.contains(taint) == true)
            #expect(held.metadata.labels[NodeHold.excludeLabel] == cluster.jobID)
            try await cluster.waitForPods(31, on: other)
        }
    }

    /// Time enough for kubelets to be slow.
    private static let policy = DeadlinePolicy(margin: .seconds(10), stopMargin: .seconds(2))

    @Test func forcesWhatABudgetNeverAllows() async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode()
            for i in 0..<2 {
                try await cluster.addPod("db-\(i)", on: node, labels: ["app": "db"], grace: 2, stopSeconds: 1)
            }
            try await cluster.addPod("web", on: node)
            try await cluster.addBudget("never", app: "db", minAvailable: 2)
            try await cluster.waitForPods(3, on: node)

            let deadline = Date() + 25
            let report = try await cluster.drain.run(
                node: node,
                jobID: cluster.jobID,
                deadline: deadline,
                policy: Self.policy
            )

            #expect(report.outcome == .drained)
            #expect(report.evicted.map(\.pod.name) == ["web"])
            #expect(report.forced.map(\.pod.name) == ["db-0", "db-1"])
            for result in report.forced {
                #expect(result.budgets == ["\(cluster.name)/never"])
                let left = deadline.timeIntervalSince(try #require(result.askedAt))
                // As late as its budget is worth, and early enough for its own time to stop.
                #expect(left < 12.1)
                #expect(left > 2)
                #expect((1...2).contains(result.gracePeriodSeconds ?? 0))
                #expect(result.goneAt != nil)
            }
        }
    }

    @Test func forcesAPodOfTwoBudgets() async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode()
            try await cluster.addPod("db", on: node, labels: ["app": "db"], grace: 2)
            try await cluster.addBudget("one", app: "db", minAvailable: 0)
            try await cluster.addBudget("two", app: "db", minAvailable: 0)
            try await cluster.waitForPods(1, on: node)
            let report = try await cluster.drain.run(
                node: node,
                jobID: cluster.jobID,
                deadline: Date() + 25,
                policy: Self.policy
            )
            #expect(report.outcome == .drained)
            #expect(report.forced.map(\.pod.name) == ["db"])
            #expect(report.forced.first?.budgets == ["\(cluster.name)/one", "\(cluster.name)/two"])
        }
    }

    @Test func forcesNothingIfTold() async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode()
            try await cluster.addPod("db", on: node, labels: ["app": "db"], grace: 1)
            try await cluster.addBudget("never", app: "db", minAvailable: 1)
            try await cluster.waitForPods(1, on: node)
            var policy = Self.policy
            policy.forces = false
            let report = try await cluster.drain.run(
                node: node,
                jobID: cluster.jobID,
                deadline: Date() + 20,
                policy: policy
            )
            #expect(report.outcome == .incomplete)
            #expect(report.lost.map(\.pod.name) == ["db"])
            #expect(report.lost.first?.reason == .budget)
            #expect(report.lost.first?.budgets == ["\(cluster.name)/never"])
            #expect(report.lost.first?.askedAt == nil)
            #expect(try await cluster.pods(on: node)["db"]?.metadata.deletedAt == nil)
        }
    }

    @Test func endsInTimeThoughAFinalizerHolds() async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode()
            try await cluster.addPod("stuck", on: node, grace: 1, finalizers: ["example.com/hold"])
            try await cluster.addPod("web", on: node)
            try await cluster.waitForPods(2, on: node)
            let deadline = Date() + 20
            let report = try await cluster.drain.run(
                node: node,
                jobID: cluster.jobID,
                deadline: deadline,
                policy: Self.policy
            )
            #expect(report.finishedAt < deadline)
            #expect(report.outcome == .incomplete)
            #expect(report.evicted.map(\.pod.name) == ["web"])
            #expect(report.lost.map(\.pod.name) == ["stuck"])
            #expect(report.lost.first?.reason == .hanging)
            #expect(report.lost.first?.askedAt != nil)
            #expect(report.lost.first?.message?.contains("example.com/hold") == true)
            #expect(report.blockers.map(\.kind) == [.hanging])
            try await cluster.call(
                "PATCH",
                "/api/v1/namespaces/\(cluster.name)/pods/stuck",
                ["metadata": ["finalizers": [String]()]],
                contentType: "application/merge-patch+json"
            )
        }
    }

    @Test func cutsTheTimeOfASlowPod() async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode()
            try await cluster.addPod("slow", on: node, grace: 600, stopSeconds: 0)
            try await cluster.waitForPods(1, on: node)
            let deadline = Date() + 40
            let report = try await cluster.drain.run(
                node: node,
                jobID: cluster.jobID,
                deadline: deadline,
                policy: Self.policy
            )
            #expect(report.outcome == .drained)
            let seconds = try #require(report.evicted.first?.gracePeriodSeconds)
            #expect((15...30).contains(seconds))
        }
    }

    @Test func takesCriticalPodsLast() async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode()
            try await cluster.addPod("web", on: node, stopSeconds: 2)
            try await cluster.addPod("dns", on: node, priorityClass: "system-cluster-critical")
            try await cluster.waitForPods(2, on: node)
            let report = try await cluster.drain.run(node: node, jobID: cluster.jobID, deadline: Date() + 90)
            #expect(report.outcome == .drained)
            let results = Dictionary(uniqueKeysWithValues: own(report).map { ($0.pod.name, $0) })
            let webGone = try #require(results["web"]?.goneAt)
            #expect(try #require(results["dns"]?.askedAt) >= webGone)
        }
    }

    @Test func doesNothingAfterTheDeadline() async throws {
        try await cluster.withNamespace {
            let node = try await cluster.addNode()
            try await cluster.addPod("web", on: node)
            let report = try await cluster.drain.run(node: node, jobID: cluster.jobID, deadline: Date() + 4)
            #expect(report.outcome == .tooLate)
            #expect(try await cluster.client.node(node).spec.unschedulable != true)
        }
    }

    @Test func reportsANodeThatIsGone() async throws {
        let report = try await cluster.drain.run(
            node: "none-\(cluster.name)",
            jobID: cluster.jobID,
            deadline: Date() + 60
        )
        #expect(report.outcome == .nodeGone)
    }
}
