import Testing

@testable import Sandbox

@Suite("Cluster state") struct ClusterStateTests {
    private let start = 1_800_000_000.0

    /// A node with a pod that a budget guards, and that pod.
    private func guarded(_ state: ClusterState) throws -> PodModel {
        let found = state.pods.values.sorted { $0.key < $1.key }.first { pod in
            pod.phase == .running && state.workloads[pod.owner.uid]?.maxUnavailable != nil
                && pod.owner.kind == "ReplicaSet"
        }
        return try #require(found)
    }

    @Test func movesAnEvictedPodElsewhere() throws {
        var state = ClusterState.test()
        let pod = try guarded(state)
        let node = try #require(pod.nodeName)
        try state.evict(pod.key, uid: pod.uid, graceSeconds: nil, at: start)
        let deletion = try #require(state.pods[pod.key]?.deletion)
        #expect(deletion.graceSeconds == 30 && deletion.deadline == start + 30)
        state.advance(to: start + 10)
        #expect(state.pods[pod.key] == nil)
        #expect(!state.movable(on: node).contains { $0.uid == pod.uid })
        let siblings = state.pods.values.filter { $0.owner.uid == pod.owner.uid }
        #expect(siblings.count == state.workloads[pod.owner.uid]?.replicas)
        #expect(siblings.allSatisfy { $0.isHealthy && $0.nodeName != nil })
    }

    @Test func keepsToBudgets() throws {
        var state = ClusterState.test()
        let pod = try guarded(state)
        let other = try #require(
            state.pods.values.first { $0.owner.uid == pod.owner.uid && $0.uid != pod.uid }
        )
        try state.evict(pod.key, uid: nil, graceSeconds: nil, at: start)
        let status = #expect(throws: KubernetesStatus.self) {
            try state.evict(other.key, uid: nil, graceSeconds: nil, at: start)
        }
        #expect(status?.code == 429 && status?.reason == "TooManyRequests")
        let cause = status?.details?["causes"]?.array?.first
        #expect(cause?["reason"]?.string == "DisruptionBudget")
        // When its successor runs, it is the other's turn.
        state.advance(to: start + 10)
        try state.evict(other.key, uid: nil, graceSeconds: nil, at: start + 10)
        // A deletion asks no budget.
        let third = try #require(
            state.pods.values.first { $0.owner.uid == pod.owner.uid && $0.deletion == nil }
        )
        _ = try state.delete(third.key, uid: third.uid, graceSeconds: 1, at: start + 10)
        #expect(state.pods[third.key]?.deletion?.deadline == start + 11)
    }

    @Test func namesPodsByIdentity() throws {
        var state = ClusterState.test()
        let pod = try guarded(state)
        let wrong = #expect(throws: KubernetesStatus.self) {
            try state.evict(pod.key, uid: "another", graceSeconds: nil, at: start)
        }
        #expect(wrong?.code == 409)
        let none = #expect(throws: KubernetesStatus.self) {
            try state.evict("shop/none", uid: nil, graceSeconds: nil, at: start)
        }
        #expect(none?.code == 404 && none?.details?["name"]?.string == "none")
    }

    @Test func keepsNewPodsOffACordonedNode() throws {
        var state = ClusterState.test(nodes: 3)
        let names = state.nodes.keys.sorted()
        let open = names[0]
        for name in names.dropFirst() {
            _ = try state.patchNode(name, ["spec": ["unschedulable": true]], at: start)
        }
        let moved = state.movable(on: names[1])
        for pod in moved { _ = try state.delete(pod.key, uid: nil, graceSeconds: 5, at: start) }
        state.advance(to: start + 20)
        #expect(state.movable(on: names[1]).isEmpty)
        let successors = state.pods.values.filter { pod in
            moved.contains { $0.owner.uid == pod.owner.uid } && pod.created.hasPrefix("2027-01-15")
        }
        #expect(!successors.isEmpty && successors.allSatisfy { $0.nodeName == open || $0.nodeName == nil })
        // Uncordoned, the node takes what had no place.
        _ = try state.patchNode(names[1], ["spec": ["unschedulable": .null]], at: start + 20)
        state.advance(to: start + 30)
        #expect(state.unbound.allSatisfy { state.pods[$0]?.isMisfit == true })
    }

    @Test func refusesAPatchOfAnOlderVersion() throws {
        var state = ClusterState.test()
        let name = try #require(state.nodes.keys.sorted().first)
        let read = try state.node(name)
        let patch: JSON = [
            "metadata": ["resourceVersion": .string("\(read.version)"), "labels": ["a": "b"]],
            "spec": ["taints": [["key": "k", "effect": "NoSchedule"]]],
        ]
        let changed = try state.patchNode(name, patch, at: start)
        #expect(changed.labels["a"] == "b" && !changed.isOpen && changed.version > read.version)
        let status = #expect(throws: KubernetesStatus.self) { try state.patchNode(name, patch, at: start) }
        #expect(status?.code == 409 && status?.reason == "Conflict")
        let removal: JSON = ["metadata": ["labels": ["a": .null]]]
        #expect(try state.patchNode(name, removal, at: start).labels["a"] == nil)
    }

    @Test func scalesBothWays() throws {
        var state = ClusterState.test()
        let workload = try #require(
            state.workloads.values.first { $0.owner.kind == "ReplicaSet" && !$0.isMisfit }
        )
        let (namespace, name) = (workload.namespace, workload.application)
        let more = workload.replicas + 2
        let version = "\(workload.version)"
        _ = try state.scale(.deployments, namespace, name, to: more, resourceVersion: version, at: start)
        state.advance(to: start + 10)
        #expect(state.replicas(of: workload).ready == more)
        let stale = #expect(throws: KubernetesStatus.self) {
            try state.scale(.deployments, namespace, name, to: 1, resourceVersion: version, at: start)
        }
        #expect(stale?.code == 409)
        _ = try state.scale(.deployments, namespace, name, to: 1, resourceVersion: nil, at: start + 10)
        state.advance(to: start + 20)
        #expect(state.replicas(of: workload).all == 1)
    }

    @Test func countsWhatIsOnEachNode() throws {
        var state = ClusterState.test()
        let node = try #require(state.nodes.keys.sorted().first)
        for pod in state.movable(on: node) {
            _ = try state.delete(pod.key, uid: nil, graceSeconds: 2, at: start)
        }
        state.advance(to: start + 20)
        for name in state.nodes.keys {
            let pods = (state.podsOnNode[name] ?? []).compactMap { state.pods[$0] }
            #expect(pods.allSatisfy { $0.nodeName == name })
            #expect(state.usage[name]?.pods == pods.count)
            #expect(state.usage[name]?.millicores == pods.reduce(0) { $0 + $1.millicores })
            #expect(state.usage[name]?.mebibytes == pods.reduce(0) { $0 + $1.mebibytes })
        }
    }
}
