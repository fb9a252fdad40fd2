/// How fresh a list must be.
public enum ReadConsistency: Sendable {
    /// What the server's store holds, paged.
    case quorum
    /// What the server's cache holds: cheap, by an index, and possibly seconds old. Nothing may be concluded
    /// from an absence.
    case cached
}

extension KubernetesClient {
    /// Every pod that is bound to a node.
    public func pods(
        onNode name: String,
        consistency: ReadConsistency = .quorum
    ) async throws(KubernetesError) -> [Pod] {
        let query = [("fieldSelector", "spec.nodeName=\(name)")]
        switch consistency {
        case .quorum: return try await list("/api/v1/pods", query: query)
        case .cached:
            let body = try await get("/api/v1/pods", query: query + [("resourceVersion", "0")])
            return try await Self.decode(ListPage<Pod>.self, from: body).items
        }
    }

    /// One pod, by a quorum read.
    ///
    /// - Throws: ``KubernetesError/Code/notFound`` if there is none of the name.
    public func pod(namespace: String, name: String) async throws(KubernetesError) -> Pod {
        try await Self.decode(Pod.self, from: try await get(Self.podPath(namespace, name)))
    }

    /// Asks for a pod's eviction, once.
    ///
    /// Safe to repeat: it names the pod by identity.
    ///
    /// - Parameters:
    ///   - pod: Which pod, and no other of its name.
    ///   - version: The API version of the request's body.
    ///   - gracePeriodSeconds: How long it may take to stop; `nil` is the pod's own time.
    /// - Throws: ``KubernetesError``; ``EvictionAnswer`` tells what it means.
    public func evict(
        _ pod: PodReference,
        version: PolicyVersion,
        gracePeriodSeconds: Int?
    ) async throws(KubernetesError) {
        let body = EvictionBody(
            apiVersion: version.rawValue,
            metadata: .init(name: pod.name, namespace: pod.namespace),
            deleteOptions: DeleteOptions(pod, gracePeriodSeconds)
        )
        let path = Self.podPath(pod.namespace, pod.name) + "/eviction"
        _ = try await send(try Call("POST", path, body: body), isFinal: { _ in true })
    }

    /// Deletes a pod whatever its budgets say, once.
    ///
    /// Safe to repeat: it names the pod by identity.
    ///
    /// - Parameters:
    ///   - pod: Which pod, and no other of its name.
    ///   - gracePeriodSeconds: How long it may take to stop; at least 1, as 0 removes the object while its
    ///     containers still run.
    /// - Throws: ``KubernetesError``; ``DeletionAnswer`` tells what it means.
    public func deletePod(_ pod: PodReference, gracePeriodSeconds: Int) async throws(KubernetesError) {
        precondition(gracePeriodSeconds >= 1, "a pod must be given time to stop")
        let body = DeleteOptions(pod, gracePeriodSeconds)
        let call = try Call("DELETE", Self.podPath(pod.namespace, pod.name), body: body)
        _ = try await send(call, isFinal: { _ in true })
    }

    private static func podPath(_ namespace: String, _ name: String) -> String {
        "/api/v1/namespaces/\(namespace.percentEncoded)/pods/\(name.percentEncoded)"
    }
}

/// The versions of the policy API.
public enum PolicyVersion: String, Sendable, CaseIterable, Codable {
    /// Since Kubernetes 1.21 (evictions: 1.22).
    case v1 = "policy/v1"
    /// Until Kubernetes 1.24.
    case v1beta1 = "policy/v1beta1"
}

private struct DeleteOptions: Encodable, Sendable {
    struct Preconditions: Encodable, Sendable {
        let uid: String
    }

    var apiVersion = "v1"
    var kind = "DeleteOptions"
    let gracePeriodSeconds: Int?
    let preconditions: Preconditions

    init(_ pod: PodReference, _ gracePeriodSeconds: Int?) {
        self.gracePeriodSeconds = gracePeriodSeconds
        preconditions = Preconditions(uid: pod.uid)
    }
}

private struct EvictionBody: Encodable, Sendable {
    struct Metadata: Encodable, Sendable {
        let name: String
        let namespace: String
    }

    let apiVersion: String
    var kind = "Eviction"
    let metadata: Metadata
    let deleteOptions: DeleteOptions
}
