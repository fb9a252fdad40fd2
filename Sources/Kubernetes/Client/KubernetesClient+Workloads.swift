/// Something with replicas.
public struct WorkloadReference: Hashable, Sendable, Codable {
    /// The kinds that can be scaled here.
    public enum Kind: String, Sendable, CaseIterable, Codable {
        /// A Deployment.
        case deployment = "deployments"
        /// A StatefulSet.
        case statefulSet = "statefulsets"
    }

    /// Its kind.
    public var kind: Kind
    /// The namespace.
    public var namespace: String
    /// The name.
    public var name: String

    /// Makes a reference.
    public init(_ kind: Kind, namespace: String, name: String) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }

    var path: String {
        "/apis/apps/v1/namespaces/\(namespace.percentEncoded)/\(kind.rawValue)/\(name.percentEncoded)"
    }

    var scalePath: String { path + "/scale" }
}

/// How many replicas a workload has and should have.
public struct WorkloadScale: Hashable, Sendable {
    /// How many are wanted.
    public let wantedReplicas: Int
    /// How many there are.
    public let currentReplicas: Int
    /// The version for optimistic locking.
    public let resourceVersion: String
}

extension KubernetesClient {
    /// How many replicas a workload has and should have.
    ///
    /// - Throws: ``KubernetesError/Code/notFound`` if there is no such workload.
    public func scale(of workload: WorkloadReference) async throws(KubernetesError) -> WorkloadScale {
        let body = try await get(workload.scalePath)
        return WorkloadScale(try await Self.decode(ScaleBody.self, from: body))
    }

    /// Sets how many replicas a workload should have, if it is still as it was read.
    ///
    /// - Throws: ``KubernetesError/Code/conflict`` if somebody changed it meanwhile: read it again.
    public func setScale(
        of workload: WorkloadReference,
        replicas: Int,
        resourceVersion: String
    ) async throws(KubernetesError) -> WorkloadScale {
        let scale = ScaleBody(
            metadata: .init(
                name: workload.name,
                namespace: workload.namespace,
                resourceVersion: resourceVersion
            ),
            spec: .init(replicas: replicas),
            status: nil
        )
        let body = try await send(try Call("PUT", workload.scalePath, body: scale))
        return WorkloadScale(try await Self.decode(ScaleBody.self, from: body))
    }

    /// Whether a DaemonSet of the name exists.
    public func daemonSetExists(namespace: String, name: String) async throws(KubernetesError) -> Bool {
        let path = "/apis/apps/v1/namespaces/\(namespace.percentEncoded)/daemonsets/\(name.percentEncoded)"
        do throws(KubernetesError) {
            _ = try await get(path)
            return true
        } catch {
            // Also a 404 is only believed if it is about the DaemonSet, and not about the path.
            guard error.code == .notFound, error.details?.name == name else { throw error }
            return false
        }
    }

    /// Every disruption budget of a namespace, or of all.
    ///
    /// Asks for `policy/v1`, and for `policy/v1beta1` where the server doesn't know that.
    public func podDisruptionBudgets(
        namespace: String? = nil
    ) async throws(KubernetesError) -> [PodDisruptionBudget] {
        let scope = namespace.map { "/namespaces/\($0.percentEncoded)" } ?? ""
        do throws(KubernetesError) {
            return try await list("/apis/policy/v1\(scope)/poddisruptionbudgets")
        } catch {
            guard error.code == .notFound else { throw error }
            var budgets: [PodDisruptionBudget] =
                try await list("/apis/policy/v1beta1\(scope)/poddisruptionbudgets")
            for index in budgets.indices { budgets[index].emptySelectsAll = false }
            return budgets
        }
    }
}

private struct ScaleBody: Codable, Sendable {
    struct Metadata: Codable, Sendable {
        let name: String
        let namespace: String
        let resourceVersion: String
    }

    struct Spec: Codable, Sendable {
        /// Left out by the server when it is zero.
        let replicas: Int?
    }

    struct Status: Codable, Sendable {
        let replicas: Int?
    }

    var apiVersion = "autoscaling/v1"
    var kind = "Scale"
    let metadata: Metadata
    let spec: Spec?
    let status: Status?
}

extension WorkloadScale {
    fileprivate init(_ body: ScaleBody) {
        wantedReplicas = body.spec?.replicas ?? 0
        currentReplicas = body.status?.replicas ?? 0
        resourceVersion = body.metadata.resourceVersion
    }
}
