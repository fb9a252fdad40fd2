extension ClusterState {
    /// A PodDisruptionBudget, as its controller counts it.
    struct Budget: Sendable {
        let name: String
        let expected: Int
        let healthy: Int
        let desired: Int

        var allowed: Int { max(0, healthy - desired) }
    }

    /// The budget of a workload; nil if it has none.
    func budget(of workload: WorkloadModel) -> Budget? {
        guard let missing = workload.maxUnavailable else { return nil }
        let own = (podsOfOwner[workload.owner.uid] ?? []).compactMap { pods[$0] }
        return Budget(
            name: workload.application,
            expected: workload.replicas,
            healthy: own.count { $0.isHealthy },
            desired: max(0, workload.replicas - missing)
        )
    }

    /// The workload of a resource and name.
    ///
    /// - Throws: ``KubernetesStatus`` 404.
    func workload(_ resource: WorkloadResource, _ namespace: String, _ name: String) throws(KubernetesStatus)
        -> WorkloadModel
    {
        for workload in workloads.values
        where workload.namespace == namespace && resource.name(of: workload) == name {
            return workload
        }
        throw .notFound(resource.rawValue, name, group: "apps")
    }

    /// How many pods there are of a workload, and how many of them run.
    func replicas(of workload: WorkloadModel) -> (all: Int, ready: Int) {
        let own = (podsOfOwner[workload.owner.uid] ?? []).compactMap { pods[$0] }
            .filter { $0.deletion == nil }
        return (own.count, own.count { $0.phase == .running })
    }

    /// Sets how many pods are wanted.
    ///
    /// - Throws: ``KubernetesStatus`` 404, or 409 if the workload was changed since it was read.
    mutating func scale(
        _ resource: WorkloadResource,
        _ namespace: String,
        _ name: String,
        to replicas: Int,
        resourceVersion: String?,
        at now: Double
    ) throws(KubernetesStatus) -> WorkloadModel {
        var workload = try workload(resource, namespace, name)
        guard resourceVersion.map({ $0.isEmpty || $0 == "\(workload.version)" }) ?? true else {
            throw .modified(resource.rawValue, name, group: "apps")
        }
        guard replicas != workload.replicas else { return workload }
        version += 1
        workload.version = version
        workload.generation += 1
        workload.replicas = replicas
        workloads[workload.owner.uid] = workload
        replenish(workload.owner.uid, after: nil, at: now)
        schedule(at: now)
        return workload
    }
}

/// The workloads of the API group `apps`.
enum WorkloadResource: String, CaseIterable, Sendable {
    case deployments, replicasets, statefulsets, daemonsets

    var kind: String {
        switch self {
        case .deployments: "Deployment"
        case .replicasets: "ReplicaSet"
        case .statefulsets: "StatefulSet"
        case .daemonsets: "DaemonSet"
        }
    }

    /// What a workload is called as this resource; nil if it is none of these.
    func name(of workload: WorkloadModel) -> String? {
        switch (self, workload.owner.kind) {
        case (.deployments, "ReplicaSet"): workload.application
        case (.replicasets, "ReplicaSet"), (.statefulsets, "StatefulSet"), (.daemonsets, "DaemonSet"):
            workload.owner.name
        default: nil
        }
    }
}
