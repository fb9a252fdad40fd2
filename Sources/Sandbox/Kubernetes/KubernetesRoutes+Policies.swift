import Hummingbird

/// What limits and scales workloads: budgets of disruption, and autoscalers.
extension KubernetesRoutes {
    func addPolicies(to group: RouterGroup<SandboxRequestContext>) {
        group.get("apis/policy/v1/poddisruptionbudgets") { request, context in
            try budgets(nil, request, context)
        }
        group.get("apis/policy/v1/namespaces/:namespace/poddisruptionbudgets") { request, context in
            try budgets(try context.parameters.require("namespace"), request, context)
        }
        for version in ["v1", "v2"] {
            group.get("apis/autoscaling/\(version)/horizontalpodautoscalers") { request, context in
                try autoscalers(version, nil, request, context)
            }
            group.get("apis/autoscaling/\(version)/namespaces/:namespace/horizontalpodautoscalers") {
                request,
                context in
                try autoscalers(version, try context.parameters.require("namespace"), request, context)
            }
        }
    }

    private func budgets(_ namespace: String?, _ request: Request, _ context: SandboxRequestContext) throws
        -> Response
    {
        try list(
            "PodDisruptionBudgetList",
            apiVersion: "policy/v1",
            in: context,
            request,
            fields: ["metadata.name", "metadata.namespace"]
        ) { state in
            state.items(in: namespace) { workload in
                guard let budget = state.budget(of: workload), let missing = workload.maxUnavailable else {
                    return nil
                }
                return [
                    "metadata": .object(Self.identity(workload, "b", state)),
                    "spec": [
                        "maxUnavailable": .number(missing),
                        "selector": ["matchLabels": ["app": .string(workload.application)]],
                    ],
                    "status": [
                        "observedGeneration": 1, "disruptionsAllowed": .number(budget.allowed),
                        "currentHealthy": .number(budget.healthy), "desiredHealthy": .number(budget.desired),
                        "expectedPods": .number(budget.expected),
                    ],
                ]
            }
        }
    }

    private func autoscalers(
        _ version: String,
        _ namespace: String?,
        _ request: Request,
        _ context: SandboxRequestContext
    ) throws -> Response {
        try list(
            "HorizontalPodAutoscalerList",
            apiVersion: "autoscaling/\(version)",
            in: context,
            request,
            fields: ["metadata.name", "metadata.namespace"]
        ) { state in
            state.items(in: namespace) { workload in
                guard workload.hasAutoscaler else { return nil }
                let count = state.replicas(of: workload).all
                return [
                    "metadata": .object(Self.identity(workload, "a", state)),
                    "spec": [
                        "scaleTargetRef": [
                            "apiVersion": "apps/v1", "kind": "Deployment",
                            "name": .string(workload.application),
                        ],
                        "minReplicas": 1, "maxReplicas": .number(workload.replicas + 4),
                    ],
                    "status": ["currentReplicas": .number(count), "desiredReplicas": .number(count)],
                ]
            }
        }
    }

    private static func identity(_ workload: WorkloadModel, _ mark: String, _ state: ClusterState) -> [(
        String, JSON
    )] {
        [
            ("name", .string(workload.application)), ("namespace", .string(workload.namespace)),
            ("uid", .string(mark + workload.owner.uid.dropFirst())),
            ("resourceVersion", "\(state.version)"), ("generation", 1),
        ]
    }
}

extension ClusterState {
    /// Objects that belong to workloads and have their names, in the order of lists.
    fileprivate func items(in namespace: String?, _ object: (WorkloadModel) -> JSON?) -> [ListItem] {
        workloads.values.compactMap { workload -> ListItem? in
            guard namespace == nil || namespace == workload.namespace, let json = object(workload) else {
                return nil
            }
            return ListItem(
                key: "\(workload.namespace)/\(workload.application)",
                fields: ["metadata.name": workload.application, "metadata.namespace": workload.namespace],
                labels: ["app": workload.application],
                bytes: json.bytes
            )
        }.sorted { $0.key < $1.key }
    }
}
