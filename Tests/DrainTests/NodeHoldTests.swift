import Drain
import FoundationEssentials
import Kubernetes
import Testing

struct NodeHoldTests {
    private func node(
        unschedulable: Bool? = nil,
        taints: [Node.Taint] = [],
        labels: [String: String] = [:],
        annotations: [String: String] = [:]
    ) -> Node {
        var node = Node(metadata: .init(name: "n", labels: labels, annotations: annotations))
        node.metadata.resourceVersion = "7"
        node.spec.unschedulable = unschedulable
        node.spec.taints = taints
        return node
    }

    private let ours = Node.Taint(key: NodeHold.taintKey, value: "job", effect: "NoSchedule")
    private let theirs = Node.Taint(key: NodeHold.taintKey, value: "other", effect: "NoSchedule")
    private let foreign = Node.Taint(key: "x", effect: "NoExecute", timeAdded: "2026-01-02T03:04:05Z")

    @Test func takesASchedulableNode() throws {
        let patch = try #require(
            NodeHold.taking(node(taints: [foreign]), jobID: "job", excludesFromLoadBalancers: true)
        )
        #expect(patch.resourceVersion == "7")
        #expect(patch.unschedulable == true)
        #expect(patch.taints == [foreign, ours])
        #expect(patch.annotations == [NodeHold.cordonedBy: "job"])
        #expect(patch.labels == [NodeHold.excludeLabel: "job"])
    }

    @Test func remembersNothingOfANodeThatWasCordoned() throws {
        let patch = try #require(
            NodeHold.taking(node(unschedulable: true), jobID: "job", excludesFromLoadBalancers: false)
        )
        #expect(patch.unschedulable == nil)
        #expect(patch.annotations == [:])
        #expect(patch.labels == [:])
        let held = node(unschedulable: true, taints: [ours])
        #expect(NodeHold.taking(held, jobID: "job", excludesFromLoadBalancers: false) == nil)
        #expect(NodeHold.releasing(held, jobID: "job")?.unschedulable == nil)
    }

    @Test func inheritsACordon() throws {
        let held = node(unschedulable: true, taints: [theirs], annotations: [NodeHold.cordonedBy: "other"])
        let patch = try #require(NodeHold.taking(held, jobID: "job", excludesFromLoadBalancers: false))
        #expect(patch.taints == [ours])
        #expect(patch.annotations == [NodeHold.cordonedBy: "job"])
    }

    @Test func givesBackOnlyWhatIsOurs() throws {
        let held = node(
            unschedulable: true,
            taints: [ours, foreign],
            labels: [NodeHold.excludeLabel: "job"],
            annotations: [NodeHold.cordonedBy: "job"]
        )
        let patch = try #require(NodeHold.releasing(held, jobID: "job"))
        #expect(patch.unschedulable == false)
        #expect(patch.taints == [foreign])
        #expect(patch.annotations == [NodeHold.cordonedBy: nil])
        #expect(patch.labels == [NodeHold.excludeLabel: nil])
        #expect(NodeHold.releasing(held, jobID: "another") == nil)
        #expect(NodeHold.releasing(node(), jobID: "job") == nil)
        var labelled = held
        labelled.metadata.labels[NodeHold.excludeLabel] = "true"
        #expect(NodeHold.releasing(labelled, jobID: "job")?.labels == [:])
    }

    @Test func writesAMergePatch() throws {
        let patch = NodePatch(
            resourceVersion: "7",
            taints: [foreign],
            annotations: ["gone": nil, "kept": "x"]
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(patch), as: UTF8.self)
        #expect(
            text == #"{"metadata":{"annotations":{"gone":null,"kept":"x"},"resourceVersion":"7"},"#
                + #""spec":{"taints":[{"effect":"NoExecute","key":"x","timeAdded":"2026-01-02T03:04:05Z"}]}}"#
        )
    }
}
