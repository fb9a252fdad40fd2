public import Kubernetes

/// Cordons nodes, and marks them as a job's own, against whoever changes them at the same time.
public struct NodeCordon: Sendable {
    /// How often a node that somebody else changes meanwhile is read again.
    private static let maxConflicts = 8

    private let client: KubernetesClient

    /// Makes one for a cluster.
    public init(_ client: KubernetesClient) {
        self.client = client
    }

    /// Marks a node as the job's own; see ``NodeHold``.
    ///
    /// - Parameters:
    ///   - name: The node.
    ///   - jobID: The job, at most 63 characters.
    ///   - excludesFromLoadBalancers: Whether load balancers shall send no more to the node.
    ///   - admit: Called with the node as read, before it is changed; throwing ends it.
    ///   - mayAct: Called before each change; throwing ends it.
    /// - Returns: The node as it now is.
    /// - Throws: ``KubernetesError``, or what the closures threw.
    @discardableResult
    public func hold(
        _ name: String,
        jobID: String,
        excludesFromLoadBalancers: Bool = false,
        admit: (Node) throws -> Void = { _ in },
        mayAct: () async throws -> Void = {}
    ) async throws -> Node {
        try await change(name, mayAct) { node in
            try admit(node)
            return NodeHold.taking(
                node,
                jobID: jobID,
                excludesFromLoadBalancers: excludesFromLoadBalancers
            )
        }
    }

    /// Gives a node back as it was before the job's ``hold(_:jobID:excludesFromLoadBalancers:admit:mayAct:)``.
    ///
    /// Does nothing to a node that isn't the job's own.
    @discardableResult
    public func release(
        _ name: String,
        jobID: String,
        mayAct: () async throws -> Void = {}
    ) async throws -> Node {
        try await change(name, mayAct) { NodeHold.releasing($0, jobID: jobID) }
    }

    /// Keeps new pods off a node, or lets them on again.
    ///
    /// It outlasts drains: a job that cordoned the node before, and holds it, doesn't undo this when it gives the
    /// node back.
    ///
    /// - Parameters:
    ///   - name: The node.
    ///   - isUnschedulable: Whether to keep them off.
    ///   - admit: Called with the node as read, before it is changed; throwing ends it.
    ///   - mayAct: Called before each change; throwing ends it.
    /// - Returns: The node as it now is.
    /// - Throws: ``KubernetesError``, or what the closures threw.
    @discardableResult
    public func setUnschedulable(
        _ name: String,
        _ isUnschedulable: Bool,
        admit: (Node) throws -> Void = { _ in },
        mayAct: () async throws -> Void = {}
    ) async throws -> Node {
        try await change(name, mayAct) { node in
            try admit(node)
            var patch = NodePatch(resourceVersion: node.metadata.resourceVersion)
            if (node.spec.unschedulable ?? false) != isUnschedulable { patch.unschedulable = isUnschedulable }
            if node.metadata.annotations[NodeHold.cordonedBy] != nil {
                patch.annotations[NodeHold.cordonedBy] = .some(nil)
            }
            return patch.isEmpty ? nil : patch
        }
    }

    private func change(
        _ name: String,
        _ mayAct: () async throws -> Void,
        _ decide: (Node) throws -> NodePatch?
    ) async throws -> Node {
        var conflicts = 0
        while true {
            let node = try await client.node(name)
            guard let patch = try decide(node) else { return node }
            try await mayAct()
            try Task.checkCancellation()
            do throws(KubernetesError) {
                return try await client.patchNode(name, patch)
            } catch {
                conflicts += 1
                guard error.code == .conflict, conflicts < Self.maxConflicts else { throw error }
            }
            // A kubelet or controller writes now and then, not all the time: mostly the first try succeeds.
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...(20 << conflicts))))
        }
    }
}
