import FoundationEssentials
import HTTPTypes
import Hummingbird
import Jobs
import Store

/// An answer that is not what the client asked for, as every client gets it.
///
/// Codes and statuses are the integration guide's; this is the one place that names them.
struct APIError: Error {
    var status: HTTPResponse.Status
    var code: String
    var message: String
    var details: [String: JSONValue] = [:]
    var headers: HTTPFields = [:]

    /// 400: a field is wrong.
    static func invalid(_ field: String, _ message: String, valid: [String] = []) -> APIError {
        var details: [String: JSONValue] = ["field": .string(field)]
        if !valid.isEmpty { details["valid_values"] = .array(valid.map(JSONValue.string)) }
        return APIError(
            status: .badRequest,
            code: "INVALID_REQUEST",
            message: "\(field) \(message)",
            details: details
        )
    }

    /// 401: no key, or none that works.
    static let unauthorized = APIError(
        status: .unauthorized,
        code: "UNAUTHORIZED",
        message: "send a valid API key in the X-API-Key header",
        headers: [.wwwAuthenticate: "Bearer realm=\"cloudoptim\""]
    )

    /// 403: the key may not do this.
    static func forbidden(needs scope: APIKeyRecord.Scope) -> APIError {
        APIError(
            status: .forbidden,
            code: "FORBIDDEN",
            message: "this needs an API key of scope \(scope.rawValue)",
            details: ["required_scope": .string(scope.rawValue)]
        )
    }

    /// 404: not there, or not the caller's.
    static func notFound(_ what: String) -> APIError {
        APIError(status: .notFound, code: "NOT_FOUND", message: "there is no such \(what)")
    }

    /// 404: what a field of the body names is not there, or not the caller's.
    static func notFound(_ what: String, field: String) -> APIError {
        var error = notFound(what)
        error.details["field"] = .string(field)
        return error
    }

    /// 405: the path knows other methods.
    static func methodNotAllowed(_ allowed: [String]) -> APIError {
        APIError(
            status: .methodNotAllowed,
            code: "METHOD_NOT_ALLOWED",
            message: "this path takes \(allowed.joined(separator: ", "))",
            details: ["valid_values": .array(allowed.map(JSONValue.string))],
            headers: [.allow: allowed.joined(separator: ", ")]
        )
    }

    /// 409: what is there forbids it.
    static func conflict(_ message: String, details: [String: JSONValue] = [:]) -> APIError {
        APIError(status: .conflict, code: "CONFLICT", message: message, details: details)
    }

    /// 413: the body is too long.
    static func tooLarge(limit: Int) -> APIError {
        APIError(
            status: .contentTooLarge,
            code: "PAYLOAD_TOO_LARGE",
            message: "the body may have \(limit) bytes at most",
            details: ["limit_bytes": .integer(Int64(limit))]
        )
    }

    /// 429: too many requests of this key.
    static func rateLimited(retryAfter seconds: Int) -> APIError {
        APIError(
            status: .tooManyRequests,
            code: "RATE_LIMITED",
            message: "too many requests with this API key",
            details: ["retry_after_seconds": .integer(Int64(seconds))],
            headers: [.retryAfter: String(seconds)]
        )
    }

    /// 429: too many jobs of a queue wait.
    static func queueFull(_ error: QueueFull) -> APIError {
        APIError(
            status: .tooManyRequests,
            code: "QUEUE_FULL",
            message: "the queue \(error.queue) holds \(error.limit) unfinished jobs, which is its limit",
            details: ["queue": .string(error.queue), "limit": .integer(Int64(error.limit))],
            headers: [.retryAfter: "10"]
        )
    }

    private static func control(_ error: JobControlError) -> APIError {
        switch error {
        case .notFound: .notFound("job")
        case .wrongState(let state):
            .conflict(
                "the job's state forbids it: it is \(state.rawValue)",
                details: ["state": .string(state.rawValue)]
            )
        case .duplicate(let id):
            .conflict(
                "an unfinished job has its dedupe_key",
                details: ["field": .string("dedupe_key"), "job_id": .string(id.text)]
            )
        }
    }

    /// 503: something we stand on is away.
    static func unavailable(_ message: String, details: [String: JSONValue] = [:]) -> APIError {
        APIError(
            status: .serviceUnavailable,
            code: "SERVICE_UNAVAILABLE",
            message: message,
            details: details,
            headers: [.retryAfter: "5"]
        )
    }

    /// Turns any error of the layers below into an answer without their inner workings.
    init(_ error: any Error) {
        switch error {
        case let error as APIError: self = error
        case let error as JobControlError: self = Self.control(error)
        case let error as QueueFull: self = .queueFull(error)
        case let error as SubmissionError:
            self = .invalid(error.field, error.message, valid: error.validValues)
        case let error as any RetryableError where error.isRetryable:
            self = .unavailable("a server this needs does not answer; try again")
        case let error as any HTTPResponseError:
            self = Self.framework(error.status)
        default:
            self = APIError(
                status: .internalServerError,
                code: "INTERNAL_ERROR",
                message: "something went wrong here; the request id finds it in our logs"
            )
        }
    }

    init(
        status: HTTPResponse.Status,
        code: String,
        message: String,
        details: [String: JSONValue] = [:],
        headers: HTTPFields = [:]
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = headers
    }

    private static func framework(_ status: HTTPResponse.Status) -> APIError {
        switch status {
        case .notFound: .notFound("path")
        case .contentTooLarge: .tooLarge(limit: RequestBodyLimit.ordinary)
        default:
            APIError(status: status, code: "INVALID_REQUEST", message: "the request could not be understood")
        }
    }
}
