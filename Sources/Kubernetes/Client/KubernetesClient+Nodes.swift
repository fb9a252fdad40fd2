extension KubernetesClient {
    /// One node, by a quorum read.
    ///
    /// - Throws: ``KubernetesError/Code/notFound`` if there is none of the name.
    public func node(_ name: String) async throws(KubernetesError) -> Node {
        try await Self.decode(Node.self, from: try await get("/api/v1/nodes/\(name.percentEncoded)"))
    }

    /// The nodes that run on EC2 instances, by the instance's ID.
    ///
    /// The server cannot select by provider ID, so every node is listed, page by page.
    ///
    /// - Parameter instanceIDs: As in `i-0abc`.
    /// - Returns: The nodes found; an instance without a node is left out.
    /// - Throws: ``KubernetesError``.
    public func nodes(instanceIDs: Set<String>) async throws(KubernetesError) -> [String: Node] {
        var found: [String: Node] = [:]
        for node in try await listNodes() {
            guard let id = NodeFacts.instanceID(providerID: node.spec.providerID), instanceIDs.contains(id)
            else { continue }
            found[id] = node
        }
        return found
    }

    /// Changes a node by a JSON merge patch, if it is still as it was read.
    ///
    /// Safe to repeat: the patch carries the version that was read, so a second application is refused.
    ///
    /// - Returns: The node as changed.
    /// - Throws: ``KubernetesError/Code/conflict`` if somebody changed the node meanwhile: read it again.
    public func patchNode(_ name: String, _ patch: NodePatch) async throws(KubernetesError) -> Node {
        let call = try Call(
            "PATCH",
            "/api/v1/nodes/\(name.percentEncoded)",
            body: patch,
            contentType: "application/merge-patch+json"
        )
        return try await Self.decode(Node.self, from: try await send(call))
    }
}
