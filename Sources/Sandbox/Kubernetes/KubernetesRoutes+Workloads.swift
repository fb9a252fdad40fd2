import Hummingbird

extension KubernetesRoutes {
    func addWorkloads(to group: RouterGroup<SandboxRequestContext>) {
        for resource in WorkloadResource.allCases {
            let collection = "apis/apps/v1/\(resource.rawValue)"
            let namespaced = "apis/apps/v1/namespaces/:namespace/\(resource.rawValue)"
            group.get("\(collection)") { request, context in try workloads(resource, nil, request, context) }
            group.get("\(namespaced)") { request, context in
                try workloads(resource, try context.parameters.require("namespace"), request, context)
            }
            group.get("\(namespaced)/:name") { _, context in
                let (namespace, name) = try Self.names(context)
                let bytes = try context.requireCluster().at(now()) { state in
                    state.json(of: try state.workload(resource, namespace, name), as: resource).bytes
                }
                return Self.object(resource.kind, apiVersion: "apps/v1", bytes)
            }
        }
        for resource in [WorkloadResource.deployments, .replicasets, .statefulsets] {
            let path = "apis/apps/v1/namespaces/:namespace/\(resource.rawValue)/:name/scale"
            group.get("\(path)") { _, context in
                let (namespace, name) = try Self.names(context)
                return try context.requireCluster().at(now()) { state in
                    Response(
                        json: state.scale(of: try state.workload(resource, namespace, name), as: resource)
                            .bytes
                    )
                }
            }
            group.put("\(path)") { request, context in try await setScale(resource, request, context) }
        }
    }

    private func workloads(
        _ resource: WorkloadResource,
        _ namespace: String?,
        _ request: Request,
        _ context: SandboxRequestContext
    ) throws -> Response {
        try list(
            "\(resource.kind)List",
            apiVersion: "apps/v1",
            in: context,
            request,
            fields: ["metadata.name", "metadata.namespace"]
        ) { state in
            state.workloads.values.compactMap { workload -> ListItem? in
                guard namespace == nil || namespace == workload.namespace,
                    let name = resource.name(of: workload)
                else { return nil }
                return ListItem(
                    key: "\(workload.namespace)/\(name)",
                    fields: ["metadata.name": name, "metadata.namespace": workload.namespace],
                    labels: ["app": workload.application],
                    bytes: state.json(of: workload, as: resource).bytes
                )
            }.sorted { $0.key < $1.key }
        }
    }

    private func setScale(
        _ resource: WorkloadResource,
        _ request: Request,
        _ context: SandboxRequestContext
    ) async throws -> Response {
        let (namespace, name) = try Self.names(context)
        let body = try await Self.body(of: request, context)
        // Left out, it is zero.
        let replicas = body["spec"]?["replicas"]?.number ?? 0
        guard (0...100_000).contains(replicas) else {
            throw KubernetesStatus.invalid("Scale", name, "spec.replicas: must be from 0 to 100000")
        }
        let time = now()
        return try context.requireCluster().at(time) { state in
            let workload = try state.scale(
                resource,
                namespace,
                name,
                to: replicas,
                resourceVersion: body["metadata"]?["resourceVersion"]?.string,
                at: time
            )
            return Response(json: state.scale(of: workload, as: resource).bytes)
        }
    }

    private static func names(_ context: SandboxRequestContext) throws -> (String, String) {
        (try context.parameters.require("namespace"), try context.parameters.require("name"))
    }
}

extension ClusterState {
    func json(of workload: WorkloadModel, as resource: WorkloadResource) -> JSON {
        let count = replicas(of: workload)
        let labels: JSON = ["app": .string(workload.application)]
        let isDaemon = resource == .daemonsets
        var spec: [(String, JSON)] = [
            ("selector", ["matchLabels": labels]), ("template", ["metadata": ["labels": labels]]),
        ]
        if !isDaemon { spec.append(("replicas", .number(workload.replicas))) }
        let status: JSON =
            isDaemon
            ? [
                "desiredNumberScheduled": .number(nodes.count), "currentNumberScheduled": .number(count.all),
                "numberReady": .number(count.ready), "numberMisscheduled": 0,
            ]
            : [
                "observedGeneration": .number(workload.generation), "replicas": .number(count.all),
                "readyReplicas": .number(count.ready), "availableReplicas": .number(count.ready),
            ]
        var metadata = identity(of: workload, as: resource)
        metadata.append(("labels", labels))
        if resource == .replicasets {
            let owner: JSON = [
                "apiVersion": "apps/v1", "kind": "Deployment", "name": .string(workload.application),
                "uid": .string(uid(of: workload, as: .deployments)), "controller": true,
            ]
            metadata.append(("ownerReferences", [owner]))
        }
        return ["metadata": .object(metadata), "spec": .object(spec), "status": status]
    }

    func scale(of workload: WorkloadModel, as resource: WorkloadResource) -> JSON {
        [
            "kind": "Scale", "apiVersion": "autoscaling/v1",
            "metadata": .object(identity(of: workload, as: resource)),
            "spec": ["replicas": .number(workload.replicas)],
            "status": [
                "replicas": .number(replicas(of: workload).all),
                "selector": .string("app=\(workload.application)"),
            ],
        ]
    }

    private func identity(of workload: WorkloadModel, as resource: WorkloadResource) -> [(String, JSON)] {
        [
            ("name", .string(resource.name(of: workload) ?? "")), ("namespace", .string(workload.namespace)),
            ("uid", .string(uid(of: workload, as: resource))), ("resourceVersion", "\(workload.version)"),
            ("generation", .number(workload.generation)),
        ]
    }

    /// A Deployment is another object than its ReplicaSet.
    private func uid(of workload: WorkloadModel, as resource: WorkloadResource) -> String {
        resource == .deployments ? "d" + workload.owner.uid.dropFirst() : workload.owner.uid
    }
}
