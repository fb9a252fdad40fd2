import Drain
import FoundationEssentials
import Jobs
import Kubernetes
import Store
import TestKit
import Testing

@testable import Worker

@Suite(
    "Cordon and uncordon",
    .enabled(if: ControlPlane.isAvailable, "\(ControlPlane.missing)"),
    .timeLimit(.minutes(2))
)
struct CordonTests {
    @Test func cordonsAndUncordons() async throws {
        try await ChangingCluster.with { cluster in
            let taint = #"[{"key":"example.com/x","value":"y","effect":"NoExecute"}]"#
            let node = try await cluster.addNode(taints: taint)
            let parameters = #"{"node_name":"\#(node)"}"#
            let first = try await cluster.run(.cordonNode, parameters)
            #expect(first.metadata.members?["changed"] == .bool(true))
            #expect(first.metadata.members?["was_cordoned"] == .bool(false))
            #expect(first.metadata.members?["cordoned"] == .bool(true))
            let cordoned = try await cluster.node(node)
            #expect(cordoned.spec.unschedulable == true)
            // A second time changes nothing.
            let second = try await cluster.run(.cordonNode, parameters)
            #expect(second.metadata.members?["changed"] == .bool(false))
            #expect(second.metadata.members?["was_cordoned"] == .bool(true))

            let back = try await cluster.run(.uncordonNode, parameters)
            #expect(back.metadata.members?["changed"] == .bool(true))
            #expect(back.metadata.members?["cordoned"] == .bool(false))
            let after = try await cluster.node(node)
            #expect(after.spec.unschedulable != true)
            #expect(after.spec.taints?.map(\.key).contains("example.com/x") == true)
        }
    }

    @Test func leavesANodeToTheJobThatDrainsIt() async throws {
        try await ChangingCluster.with { cluster in
            let node = try await cluster.addNode()
            let drain = try await cluster.accepted(.drainNode, ["node_name": .string(node)])
            try await NodeCordon(cluster.client).hold(node, jobID: drain.text)
            let parameters = #"{"node_name":"\#(node)"}"#
            let refused = try await cluster.failure(.uncordonNode, parameters)
            #expect(refused.code == "node_held")
            #expect(!refused.isRetryable)
            #expect(refused.message.contains(drain.text))
            #expect(NodeHold.holder(of: try await cluster.node(node)) == drain.text)

            // Once the job is over, its hold is over too.
            try await cluster.record(.cancelled, of: drain, fence: 0, isTerminal: true)
            let report = try await cluster.run(.uncordonNode, parameters)
            #expect(report.metadata.members?["ended_hold_of"] == .string(drain.text))
            let after = try await cluster.node(node)
            #expect(NodeHold.holder(of: after) == nil)
            #expect(after.spec.unschedulable != true)
            #expect(after.metadata.annotations[NodeHold.cordonedBy] == nil)
        }
    }

    /// A cordon that was asked for stays, whatever becomes of the drain that had cordoned the node before.
    @Test func outlastsADrain() async throws {
        try await ChangingCluster.with { cluster in
            let node = try await cluster.addNode()
            let hold = NodeCordon(cluster.client)
            try await hold.hold(node, jobID: "drain")
            _ = try await cluster.run(.cordonNode, #"{"node_name":"\#(node)"}"#)
            #expect(NodeHold.holder(of: try await cluster.node(node)) == "drain")
            try await hold.release(node, jobID: "drain")
            let after = try await cluster.node(node)
            #expect(NodeHold.holder(of: after) == nil)
            #expect(after.spec.unschedulable == true)
        }
    }

    @Test func onlySayWhatTheyWouldDo() async throws {
        try await ChangingCluster.with { cluster in
            let node = try await cluster.addNode()
            let parameters = #"{"node_name":"\#(node)"}"#
            let cordon = try await cluster.run(.cordonNode, parameters, isDryRun: true)
            #expect(cordon.metadata.members?["would_change"] == .bool(true))
            #expect(cordon.metadata.members?["dry_run"] == .bool(true))
            let uncordon = try await cluster.run(.uncordonNode, parameters, isDryRun: true)
            #expect(uncordon.metadata.members?["would_change"] == .bool(false))
            #expect(try await cluster.isUntouched(node))
        }
    }

    @Test(arguments: [JobType.cordonNode, .uncordonNode, .drainNode])
    func knowsWhatIsNotThere(type: JobType) async throws {
        try await ChangingCluster.with { cluster in
            let failure = try await cluster.failure(type, #"{"node_name":"\#(cluster.name)"}"#)
            #expect(failure.code == "node_not_found")
            #expect(!failure.isRetryable)
        }
    }

    @Test func saysWhichManifestIsMissing() async throws {
        try await ChangingCluster.with([]) { cluster in
            let node = try await cluster.addNode()
            let failure = try await cluster.failure(.cordonNode, #"{"node_name":"\#(node)"}"#)
            #expect(failure.code == "cluster_forbidden")
            #expect(failure.message.contains("ops/rbac/drain.yaml"))
            #expect(!failure.isRetryable)
            #expect(try await cluster.node(node).spec.unschedulable != true)
        }
    }

    /// A worker that lost its claim, and does not know it yet.
    @Test func actsOnlyWhileTheClaimHolds() async throws {
        try await ChangingCluster.with { cluster in
            let node = try await cluster.addNode()
            let job = UUID.version7()
            let steps = StepStore(pool: cluster.fleet.pool)
            #expect(try await steps.record("begun", Array("{}".utf8), of: job, fence: 8))
            for type in [JobType.cordonNode, .drainNode] {
                let failure = try await cluster.failure(
                    type,
                    #"{"node_name":"\#(node)"}"#,
                    job: job,
                    fence: 7
                )
                #expect(failure.code == "lease_lost")
                #expect(failure.isRetryable)
            }
            #expect(try await cluster.node(node).spec.unschedulable != true)
        }
    }
}
