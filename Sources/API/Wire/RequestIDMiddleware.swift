import FoundationEssentials
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import Store

extension HTTPField.Name {
    static let requestID = Self("X-Request-Id") ?? .date
    static let apiKey = Self("X-API-Key") ?? .authorization
    static let idempotencyKey = Self("Idempotency-Key") ?? .date
    static let traceparent = Self("traceparent") ?? .date
}

/// Names each request, and says the name in the answer and in every log line.
struct RequestIDMiddleware: RouterMiddleware {
    typealias Context = APIContext

    func handle(
        _ request: Request,
        context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.requestID = Self.accepted(request.headers[.requestID]) ?? "req-\(UUID.version7().text)"
        // One of ours if the client sent none: so the lines of the request and of its jobs' runs can be joined.
        let trace = request.headers[.traceparent].flatMap(TraceContext.init) ?? .fresh()
        context.traceparent = trace.traceparent
        context.logger[metadataKey: "http.request_id"] = "\(context.requestID)"
        context.logger[metadataKey: "trace_id"] = "\(trace.traceID)"
        var response = try await next(request, context)
        response.headers[.requestID] = context.requestID
        return response
    }

    /// A client's name is echoed into logs and headers: only plain characters, and not many.
    static func accepted(_ value: String?) -> String? {
        guard let value, (1...128).contains(value.utf8.count),
            value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") })
        else { return nil }
        return value
    }
}
