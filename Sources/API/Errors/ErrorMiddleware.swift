import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import Store

/// Turns whatever was thrown into the error body of the contract.
///
/// The only place that writes one.
struct ErrorMiddleware: RouterMiddleware {
    typealias Context = APIContext

    let routes: RouteTable

    func handle(
        _ request: Request,
        context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            var answer = APIError(error)
            if answer.status == .notFound, let allowed = routes.methods(at: request.uri.path),
                !allowed.contains(request.method.rawValue)
            {
                answer = .methodNotAllowed(allowed)
            }
            if answer.status.kind == .serverError {
                context.logger.warning("request failed", metadata: ["error": "\(error)"])
            }
            return try Self.response(answer, requestID: context.requestID)
        }
    }

    private static func response(_ error: APIError, requestID: String) throws -> Response {
        let body = ErrorBody(
            error: .init(
                code: error.code,
                message: error.message,
                details: error.details,
                timestamp: Date(),
                requestID: requestID
            )
        )
        return try JSONWire.response(body, status: error.status, headers: error.headers)
    }

    private struct ErrorBody: Encodable {
        struct Content: Encodable {
            let code: String
            let message: String
            let details: [String: JSONValue]
            let timestamp: Date
            let requestID: String
        }

        let error: Content
    }
}
