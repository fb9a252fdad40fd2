import HTTPTypes
import Hummingbird
import Store

/// Adds routes under `/api/v1`: each with the scope it needs, each known to the route table.
struct Routes {
    typealias Handler = @Sendable (Request, APIContext, Caller) async throws -> Response

    let group: RouterGroup<APIContext>
    let table: RouteTable
    let prefix: String

    func get(_ path: String, needs scope: APIKeyRecord.Scope, _ handler: @escaping Handler) {
        add(.get, path, scope, handler)
    }

    func post(_ path: String, needs scope: APIKeyRecord.Scope, _ handler: @escaping Handler) {
        add(.post, path, scope, handler)
    }

    func put(_ path: String, needs scope: APIKeyRecord.Scope, _ handler: @escaping Handler) {
        add(.put, path, scope, handler)
    }

    func delete(_ path: String, needs scope: APIKeyRecord.Scope, _ handler: @escaping Handler) {
        add(.delete, path, scope, handler)
    }

    private func add(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ scope: APIKeyRecord.Scope,
        _ handler: @escaping Handler
    ) {
        table.add(method.rawValue, prefix + "/" + path, needs: scope)
        group.on(RouterPath(path), method: method) { request, context in
            let caller = try context.authenticated()
            try caller.require(scope)
            return try await handler(request, context, caller)
        }
    }
}
