import Bootstrap
import CoreMetrics
import Drain
import FoundationEssentials
import Jobs
import Kubernetes
import Store
import TestKit
import Testing

@testable import Worker

@Suite(
    "Drain node",
    .enabled(if: ControlPlane.isAvailable, "\(ControlPlane.missing)"),
    .timeLimit(.minutes(2))
)
struct DrainNodeTests {
    @Test func movesThePods() async throws {
        try await ChangingCluster.with { cluster in
            let node = try await cluster.addNode("a")
            try await cluster.addReplicaSet("web", replicas: 6)
            try await cluster.addBudget("web", app: "web", minAvailable: 4)
            try await cluster.waitForPods(6, on: node)
            let other = try await cluster.addNode("b")
            let job = try await cluster.accepted(.drainNode, ["node_name": .string(node)])
            let parameters = #"{"node_name":"\#(node)","grace_period_seconds":3}"#
            let fence = try await cluster.fence(1)
            let registry = PrometheusRegistry()
            let report = try await withMetricsFactory(registry) {
                try await cluster.run(.drainNode, parameters, job: job, fence: fence)
            }
            #expect(registry.exposition().contains("cloudoptim_drain_seconds_count 1"))
            let members = try #require(report.metadata.members)
            #expect(members["outcome"] == .string("drained"))
            #expect(members["node_name"] == .string(node))
            #expect(members["evicted"] == .integer(6))
            guard case .array(let pods)? = members["pods"] else {
                Issue.record("no pods")
                return
            }
            #expect(pods.count == 6)
            for pod in pods {
                #expect(pod.members?["outcome"] == .string("evicted"))
                #expect(pod.members?["grace_period_seconds"] == .integer(3))
                #expect(pod.members?["pod"]?.members?["namespace"] == .string(cluster.name))
            }
            #expect(try await cluster.pods(on: node).isEmpty)
            try await cluster.waitForPods(6, on: other)
            #expect(NodeHold.holder(of: try await cluster.node(node)) == job.text)

            // The job is over: another one may drain the node again.
            try await cluster.record(.success, of: job, fence: fence, isTerminal: true)
            let later = UUID.version7()
            let again = try await cluster.run(.drainNode, parameters, job: later)
            #expect(again.metadata.members?["outcome"] == .string("drained"))
            #expect(NodeHold.holder(of: try await cluster.node(node)) == later.text)
        }
    }

    /// Nothing is evicted, the node is as before, and the refusal names pod and budget.
    @Test func refusesWhatABudgetNeverAllows() async throws {
        try await ChangingCluster.with { cluster in
            let node = try await cluster.addNode()
            try await cluster.addPod("db", on: node, app: "db")
            try await cluster.addPod("web", on: node)
            try await cluster.addBudget("never", app: "db", minAvailable: 1)
            try await cluster.waitForPods(2, on: node)
            let parameters = #"{"node_name":"\#(node)","force_unreplicated":true}"#
            let rehearsal = try await cluster.run(.drainNode, parameters, isDryRun: true)
            #expect(rehearsal.metadata.members?["would_refuse"] == .bool(true))

            let failure = try await cluster.failure(.drainNode, parameters)
            #expect(failure.code == "drain_refused")
            #expect(!failure.isRetryable)
            #expect(failure.message.contains("pod \(cluster.name)/db"))
            #expect(failure.message.contains("PodDisruptionBudget \(cluster.name)/never"))
            guard case .array(let blockers)? = failure.report.metadata.members?["blockers"] else {
                Issue.record("no blockers")
                return
            }
            #expect(rehearsal.metadata.members?["blockers"] == .array(blockers))
            #expect(blockers.count == 1)
            #expect(blockers.first?.members?["kind"] == .string("budget"))
            #expect(blockers.first?.members?["budgets"] == .array([.string("\(cluster.name)/never")]))
            #expect(blockers.first?.members?["pod"]?.members?["name"] == .string("db"))
            #expect(try await cluster.isUntouched(node))
            let pods = try await cluster.pods(on: node)
            #expect(pods.count == 2)
            #expect(pods.values.allSatisfy { $0.metadata.deletedAt == nil })

            // What the parameters do not allow is refused as well.
            let unforced = try await cluster.failure(.drainNode, #"{"node_name":"\#(node)"}"#)
            #expect(unforced.code == "drain_refused")
            #expect(unforced.message.contains("pod \(cluster.name)/web"))
        }
    }

    @Test func onlySaysWhatItWouldDo() async throws {
        try await ChangingCluster.with(["scale.yaml"]) { cluster in
            let node = try await cluster.addNode()
            try await cluster.addReplicaSet("web", replicas: 2)
            try await cluster.waitForPods(2, on: node)
            let parameters = #"{"node_name":"\#(node)"}"#
            let report = try await cluster.run(.drainNode, parameters, isDryRun: true)
            #expect(report.metadata.members?["would_refuse"] == .bool(false))
            #expect(report.metadata.members?["dry_run"] == .bool(true))
            #expect(try await cluster.isUntouched(node))
            #expect(try await cluster.pods(on: node).values.allSatisfy { $0.metadata.deletedAt == nil })
            // Without the manifest, it is said so, and nothing is touched either.
            let forbidden = try await cluster.failure(.drainNode, parameters)
            #expect(forbidden.code == "cluster_forbidden")
            #expect(try await cluster.node(node).spec.unschedulable != true)
        }
    }

    @Test func givesTheNodeBackBeforeTheDeadline() async throws {
        try await ChangingCluster.with { cluster in
            let node = try await cluster.addNode()
            for index in 0..<3 { try await cluster.addPod("db-\(index)", on: node, app: "db") }
            // Nothing replaces them: the first may go, and then none.
            try await cluster.addBudget("db", app: "db", minAvailable: 2)
            try await cluster.waitForPods(3, on: node)
            let started = ContinuousClock.now
            let parameters = #"{"node_name":"\#(node)","force_unreplicated":true,"timeout_seconds":600}"#
            let failure = try await cluster.failure(.drainNode, parameters, deadline: .seconds(24))
            #expect(.now - started < .seconds(24))
            #expect(failure.code == "drain_rolled_back")
            #expect(!failure.isRetryable)
            #expect(failure.message.contains("PodDisruptionBudget \(cluster.name)/db"))
            #expect(failure.report.metadata.members?["evicted"] == .integer(1))
            let after = try await cluster.node(node)
            #expect(after.spec.unschedulable != true)
            #expect(NodeHold.holder(of: after) == nil)
            #expect(try await cluster.pods(on: node).count == 2)
        }
    }

    /// The first worker is interrupted half way; a second one goes on from what was recorded.
    @Test func isContinuedByAnotherWorker() async throws {
        try await ChangingCluster.with { cluster in
            let node = try await cluster.addNode()
            for index in 0..<3 { try await cluster.addPod("db-\(index)", on: node, app: "db") }
            try await cluster.addBudget("db", app: "db", minAvailable: 2)
            try await cluster.waitForPods(3, on: node)
            let job = try await cluster.accepted(.drainNode, ["node_name": .string(node)])
            let parameters = #"{"node_name":"\#(node)","force_unreplicated":true}"#
            let steps = StepStore(pool: cluster.fleet.pool)
            func step() async throws -> DrainStep? {
                try await steps.steps(of: job)[DrainStep.name].map {
                    try ClaimSteps.decoder().decode(DrainStep.self, from: Data($0))
                }
            }
            let (one, two) = (try await cluster.fence(1), try await cluster.fence(2))
            let first = Task { try await cluster.run(.drainNode, parameters, job: job, fence: one) }
            try await eventually(within: .seconds(60), "a pod that is gone") {
                try await step()?.progress.pods.contains { $0.goneAt != nil } ?? false
            }
            first.cancel()
            await #expect(throws: CancellationError.self) { try await first.value }
            let between = try await cluster.node(node)
            #expect(NodeHold.holder(of: between) == job.text)
            #expect(try await cluster.pods(on: node).count == 2)

            try await cluster.record(.lost, of: job, fence: one, isTerminal: false)
            try await cluster.real.call(
                "DELETE",
                "/apis/policy/v1beta1/namespaces/\(cluster.name)/poddisruptionbudgets/db"
            )
            let begun = try #require(try await step()).progress.startedAt
            let report = try await cluster.run(.drainNode, parameters, job: job, fence: two)
            #expect(report.metadata.members?["outcome"] == .string("drained"))
            // Also the one that the first worker moved.
            #expect(report.metadata.members?["evicted"] == .integer(3))
            #expect(try await cluster.pods(on: node).isEmpty)
            let last = try #require(try await step())
            #expect(last.fence == two)
            #expect(last.progress.startedAt == begun)
            // The first worker can record no more.
            #expect(!(try await steps.record(DrainStep.name, Array("{}".utf8), of: job, fence: one)))
        }
    }

    /// Through the queue, as a worker process runs it: the refusal is the job's only run, and its outcome.
    @Test func isAnOutcomeInTheJournal() async throws {
        try await ChangingCluster.with { cluster in
            let node = try await cluster.addNode()
            try await cluster.addPod("db", on: node, app: "db")
            try await cluster.addBudget("never", app: "db", minAvailable: 1)
            try await cluster.waitForPods(1, on: node)
            let worker = WorkerRuntime(
                queue: cluster.fleet.queue,
                handlers: cluster.handlers,
                configuration: WorkerConfiguration(queues: ["cordon-node", "drain-node", "uncordon-node"]),
                host: "test",
                logger: cluster.fleet.logger
            )
            let running = Task { try await worker.run() }
            let name: [String: JSONValue] = ["node_name": .string(node)]
            let drain = try await cluster.accepted(
                .drainNode,
                name.merging(["force_unreplicated": .bool(true)]) { $1 }
            )
            let cordon = try await cluster.accepted(.cordonNode, name)
            let journal = cluster.fleet.queue.journal
            try await eventually(within: .seconds(60), "two outcomes") {
                try await journal.finished(among: [drain, cordon]).count == 2
            }
            running.cancel()
            _ = await running.result
            let entry = try #require(try await journal.entry(drain))
            #expect(entry.attempts.count == 1)
            #expect(entry.outcome?.status == .failed)
            #expect(entry.outcome?.failure?.code == "drain_refused")
            #expect(entry.outcome?.failure?.message.contains("\(cluster.name)/never") == true)
            let metadata = try #require(entry.outcome?.metadata)
            #expect(try JSONValue(parsing: metadata).members?["outcome"] == .string("refused"))
            #expect(try await journal.entry(cordon)?.outcome?.status == .success)
            #expect(try await cluster.node(node).spec.unschedulable == true)
            #expect(try await cluster.pods(on: node)["db"]?.metadata.deletedAt == nil)
        }
    }
}
