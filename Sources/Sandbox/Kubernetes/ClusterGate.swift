import Hummingbird

/// Finds the cluster that the path names, shows its fault, and checks the token.
///
/// Errors become `Status` objects here.
struct ClusterGate: RouterMiddleware {
    typealias Context = SandboxRequestContext

    let fleet: Fleet

    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            guard let cluster = fleet.cluster(context.parameters.get("cluster")) else {
                throw KubernetesStatus.notFound
            }
            try await show(cluster.fault, path: request.uri.path)
            let header = request.headers[.authorization]
            // As on a real server, anybody may ask for the version.
            let isPublic = header == nil && request.uri.path.hasSuffix("/version")
            guard isPublic || header == "Bearer \(cluster.token)" else { throw KubernetesStatus.unauthorized }
            var context = context
            context.cluster = cluster
            return try await next(request, context)
        } catch let status as KubernetesStatus {
            return status.response
        }
    }

    private func show(_ fault: SimulatedCluster.Fault, path: String) async throws {
        switch fault {
        case .none: return
        case .unauthorized: throw KubernetesStatus.unauthorized
        case .error500: throw KubernetesStatus.internalError
        case .metricsUnavailable:
            if path.contains("/apis/metrics.k8s.io/") { throw KubernetesStatus.unavailable }
        case .hang:
            // Far longer than any client waits; ended with the process.
            try await Task.sleep(for: .seconds(3600))
        }
    }
}
