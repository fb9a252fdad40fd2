import FoundationEssentials
import Hummingbird

/// The part of the Kubernetes API that a cost optimiser uses.
struct KubernetesRoutes: Sendable {
    /// Seconds since 1970; a parameter so that tests can let tokens expire.
    let now: @Sendable () -> Double

    func add(to group: RouterGroup<SandboxRequestContext>) {
        group.get("version", use: version)
        group.get("api/v1/namespaces") { request, context in
            try list("NamespaceList", in: context, request, fields: ["metadata.name"]) { state in
                state.namespaceItems
            }
        }
        group.get("api/v1/secrets") { _, _ -> Response in throw KubernetesStatus.forbidden("secrets") }
        group.get("apis/metrics.k8s.io/v1beta1/nodes") { _, context in
            Response(json: try context.requireCluster().nodeMetrics(at: now()))
        }
        group.get("apis/metrics.k8s.io/v1beta1/pods") { _, context in
            Response(json: try context.requireCluster().podMetrics(at: now()))
        }
        group.post("apis/authorization.k8s.io/v1/selfsubjectaccessreviews", use: review)
        addNodes(to: group)
        addPods(to: group)
        addWorkloads(to: group)
        addPolicies(to: group)
        addStorage(to: group)
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

    /// The account may do everything but read secrets.
    @Sendable private func review(_ request: Request, _ context: SandboxRequestContext) async throws
        -> Response
    {
        let question = try await Self.body(of: request, context)["spec"]?["resourceAttributes"]
        let isAllowed = question?["resource"]?.string != "secrets"
        let body: JSON = [
            "kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1",
            "metadata": .object([]), "spec": ["resourceAttributes": question ?? .object([])],
            "status": ["allowed": .boolean(isAllowed)],
        ]
        return Response(status: .created, json: body.bytes)
    }

    /// Answers with a page of a list.
    ///
    /// - Parameters:
    ///   - kind: The list's.
    ///   - apiVersion: Of the list.
    ///   - context: Names the cluster.
    ///   - request: Its query selects.
    ///   - fields: What can be selected by.
    ///   - items: All there are, in the order of their keys.
    /// - Returns: The answer.
    /// - Throws: ``KubernetesStatus`` for a selector or a token that is none.
    func list(
        _ kind: String,
        apiVersion: String = "v1",
        in context: SandboxRequestContext,
        _ request: Request,
        fields: Set<String>,
        _ items: (inout ClusterState) -> [ListItem]
    ) throws -> Response {
        let time = now()
        let query = request.uri.queryParameters
        let byField = try FieldSelector(query["fieldSelector"].map(String.init), fields: fields)
        let byLabel = try LabelSelector(query["labelSelector"].map(String.init))
        let (found, version) = try context.requireCluster().at(time) { state in (items(&state), state.version)
        }
        let page = try ListPage(
            kind: kind,
            apiVersion: apiVersion,
            items: found.filter { byField.selects($0) && byLabel.selects($0) },
            resourceVersion: version,
            limit: query["limit"].flatMap { Int($0) },
            continuation: query["continue"].map(String.init),
            now: time
        )
        return Response(json: page.body)
    }

    /// A single object says what it is, an item of a list does not.
    static func object(_ kind: String, apiVersion: String = "v1", _ bytes: [UInt8]) -> Response {
        Response(
            json: Array("{\"kind\":\"\(kind)\",\"apiVersion\":\"\(apiVersion)\",".utf8) + bytes.dropFirst()
        )
    }

    /// The body as JSON; an empty one is an empty object.
    static func body(of request: Request, _ context: SandboxRequestContext) async throws -> JSON {
        let buffer = try await request.body.collect(upTo: context.maxUploadSize)
        guard buffer.readableBytes > 0 else { return .object([]) }
        do {
            return try JSONDecoder().decode(JSON.self, from: Data(buffer.readableBytesView))
        } catch {
            throw KubernetesStatus.badRequest("the body of the request is no JSON")
        }
    }
}

extension ClusterState {
    var namespaceItems: [ListItem] {
        namespaces.sorted().map { name in
            let json: JSON = [
                "metadata": ["name": .string(name), "uid": "ns-\(name)", "resourceVersion": "1"],
                "status": ["phase": "Active"],
            ]
            return ListItem(key: name, fields: ["metadata.name": name], bytes: json.bytes)
        }
    }
}
