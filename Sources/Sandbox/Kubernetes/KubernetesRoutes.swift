import Hummingbird

/// The part of the Kubernetes API that a cost optimiser reads.
struct KubernetesRoutes: Sendable {
    /// Seconds since 1970; a parameter so that tests can let tokens expire.
    let now: @Sendable () -> Double

    func add(to group: RouterGroup<SandboxRequestContext>) {
        group.get("version", use: version)
        group.get("api/v1/nodes", use: nodes)
        group.get("api/v1/nodes/:name", use: node)
        group.get("api/v1/pods", use: pods)
        group.get("api/v1/namespaces", use: namespaces)
        group.get("api/v1/namespaces/:namespace/pods", use: podsOfNamespace)
        group.get("api/v1/secrets") { _, _ -> Response in throw KubernetesStatus.forbidden("secrets") }
        group.get("apis/metrics.k8s.io/v1beta1/nodes", use: nodeMetrics)
        group.get("apis/metrics.k8s.io/v1beta1/pods", use: podMetrics)
        // Anything else is a 404 of the cluster, not of the web server.
        for method in [HTTPRequest.Method.get, .post, .put, .patch, .delete] {
            group.on("**", method: method) { _, _ -> Response in throw KubernetesStatus.notFound }
        }
    }

    @Sendable private func version(_: Request, _: SandboxRequestContext) -> Response {
        let body: JSON = [
            "major": "1", "minor": "32", "gitVersion": .string(KubernetesVersion.git),
            "gitTreeState": "clean",
            "platform": "linux/amd64",
        ]
        return Response(json: body.bytes)
    }

    @Sendable private func nodes(_ request: Request, _ context: SandboxRequestContext) throws -> Response {
        let cluster = try context.requireCluster()
        return try list("NodeList", cluster.nodes, fields: ["metadata.name"], of: cluster, request)
    }

    @Sendable private func node(_: Request, _ context: SandboxRequestContext) throws -> Response {
        let name = try context.parameters.require("name")
        guard
            let item = try context.requireCluster().nodes.first(where: { $0.fields["metadata.name"] == name })
        else { throw KubernetesStatus.notFound("nodes", name) }
        // A single object says what it is, an item of a list does not.
        return Response(
            json: Array("{\"kind\":\"Node\",\"apiVersion\":\"v1\",".utf8) + item.bytes.dropFirst()
        )
    }

    private static let podFields: Set = [
        "metadata.name", "metadata.namespace", "spec.nodeName", "status.phase",
    ]

    @Sendable private func pods(_ request: Request, _ context: SandboxRequestContext) throws -> Response {
        let cluster = try context.requireCluster()
        return try list("PodList", cluster.pods, fields: Self.podFields, of: cluster, request)
    }

    @Sendable private func podsOfNamespace(
        _ request: Request,
        _ context: SandboxRequestContext
    ) throws -> Response {
        let cluster = try context.requireCluster()
        let namespace = try context.parameters.require("namespace")
        let pods = cluster.pods.filter { $0.fields["metadata.namespace"] == namespace }
        return try list("PodList", pods, fields: Self.podFields, of: cluster, request)
    }

    @Sendable private func namespaces(_ request: Request, _ context: SandboxRequestContext) throws -> Response
    {
        let cluster = try context.requireCluster()
        return try list("NamespaceList", cluster.namespaces, fields: ["metadata.name"], of: cluster, request)
    }

    @Sendable private func nodeMetrics(_: Request, _ context: SandboxRequestContext) throws -> Response {
        Response(json: try context.requireCluster().nodeMetrics(at: now()))
    }

    @Sendable private func podMetrics(_: Request, _ context: SandboxRequestContext) throws -> Response {
        Response(json: try context.requireCluster().podMetrics(at: now()))
    }

    private func list(
        _ kind: String,
        _ items: [SimulatedCluster.Item],
        fields: Set<String>,
        of cluster: SimulatedCluster,
        _ request: Request
    ) throws -> Response {
        let query = request.uri.queryParameters
        let selector = try FieldSelector(query["fieldSelector"].map(String.init), fields: fields)
        let page = try ListPage(
            kind: kind,
            items: items.filter(selector.selects),
            resourceVersion: cluster.resourceVersion,
            limit: query["limit"].flatMap { Int($0) },
            continuation: query["continue"].map(String.init),
            now: now()
        )
        return Response(json: page.body)
    }
}
