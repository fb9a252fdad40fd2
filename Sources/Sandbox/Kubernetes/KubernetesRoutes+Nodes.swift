import Hummingbird

extension KubernetesRoutes {
    func addNodes(to group: RouterGroup<SandboxRequestContext>) {
        group.get("api/v1/nodes") { request, context in
            try list("NodeList", in: context, request, fields: ["metadata.name", "spec.unschedulable"]) {
                state in
                state.cache.list(state.nodes)
            }
        }
        group.get("api/v1/nodes/:name") { _, context in
            let name = try context.parameters.require("name")
            return answer(try context.requireCluster().at(now()) { state in try state.node(name) })
        }
        group.patch("api/v1/nodes/:name") { request, context in
            let name = try context.parameters.require("name")
            let type = request.headers[.contentType]?.split(separator: ";").first
            guard type == "application/merge-patch+json" else { throw KubernetesStatus.unsupportedMediaType }
            let patch = try await Self.body(of: request, context)
            let time = now()
            return answer(
                try context.requireCluster().at(time) { state in try state.patchNode(name, patch, at: time) }
            )
        }
    }

    private func answer(_ node: NodeModel) -> Response {
        Self.object("Node", node.json(resourceVersion: node.version).bytes)
    }
}
