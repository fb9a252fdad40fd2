import Hummingbird

extension KubernetesRoutes {
    private static let podFields: Set = [
        "metadata.name", "metadata.namespace", "spec.nodeName", "status.phase",
    ]

    func addPods(to group: RouterGroup<SandboxRequestContext>) {
        group.get("api/v1/pods") { request, context in
            let selector = request.uri.queryParameters["fieldSelector"].map(String.init)
            let node = try FieldSelector(selector, fields: Self.podFields).value(of: "spec.nodeName")
            return try list("PodList", in: context, request, fields: Self.podFields) { state in
                state.podItems(onNode: node)
            }
        }
        group.get("api/v1/namespaces/:namespace/pods") { request, context in
            let namespace = try context.parameters.require("namespace")
            return try list("PodList", in: context, request, fields: Self.podFields) { state in
                state.podItems(onNode: nil).filter { $0.fields["metadata.namespace"] == namespace }
            }
        }
        group.get("api/v1/namespaces/:namespace/pods/:name") { _, context in
            let key = try Self.key(context)
            return answer(try context.requireCluster().at(now()) { state in try state.pod(key) })
        }
        group.post("api/v1/namespaces/:namespace/pods/:name/eviction", use: evict)
        group.delete("api/v1/namespaces/:namespace/pods/:name", use: delete)
    }

    @Sendable private func evict(_ request: Request, _ context: SandboxRequestContext) async throws
        -> Response
    {
        let key = try Self.key(context)
        let body = try await Self.body(of: request, context)
        let version = body["apiVersion"]?.string ?? "policy/v1"
        guard version == "policy/v1" else {
            throw KubernetesStatus.badRequest(
                "no kind \"Eviction\" is registered for version \"\(version)\" in scheme \"sandbox\""
            )
        }
        let options = body["deleteOptions"]
        let time = now()
        try context.requireCluster().at(time) { state in
            try state.evict(
                key,
                uid: options?["preconditions"]?["uid"]?.string,
                graceSeconds: options?["gracePeriodSeconds"]?.number,
                at: time
            )
        }
        return KubernetesStatus.success(code: 201)
    }

    @Sendable private func delete(_ request: Request, _ context: SandboxRequestContext) async throws
        -> Response
    {
        let key = try Self.key(context)
        let options = try await Self.body(of: request, context)
        let grace =
            options["gracePeriodSeconds"]?.number
            ?? request.uri.queryParameters["gracePeriodSeconds"].flatMap { Int($0) }
        let time = now()
        return answer(
            try context.requireCluster().at(time) { state in
                try state.delete(
                    key,
                    uid: options["preconditions"]?["uid"]?.string,
                    graceSeconds: grace,
                    at: time
                )
            }
        )
    }

    private static func key(_ context: SandboxRequestContext) throws -> String {
        "\(try context.parameters.require("namespace"))/\(try context.parameters.require("name"))"
    }

    private func answer(_ pod: PodModel) -> Response {
        Self.object("Pod", pod.json(resourceVersion: pod.version).bytes)
    }
}

extension ClusterState {
    /// All pods, or those of a node, in the order of lists.
    mutating func podItems(onNode node: String?) -> [ListItem] {
        guard let node, !node.isEmpty else { return cache.list(pods) }
        return (podsOnNode[node] ?? []).sorted().compactMap { pods[$0] }.map { cache.pod($0) }
    }
}
