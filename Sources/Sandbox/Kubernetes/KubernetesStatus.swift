import Hummingbird

/// An error as an API server answers it: a `Status` object with the same code as the response.
struct KubernetesStatus: Error, Sendable {
    let code: Int
    let reason: String
    let message: String
    /// A token with which an expired list can go on inconsistently; only for 410.
    var continuation: String?
    /// What the error is about.
    var details: JSON?

    static let unauthorized = KubernetesStatus(code: 401, reason: "Unauthorized", message: "Unauthorized")

    static func forbidden(_ resource: String) -> KubernetesStatus {
        KubernetesStatus(
            code: 403,
            reason: "Forbidden",
            message: "\(resource) is forbidden: User \"cloudoptim\" cannot list resource \"\(resource)\""
        )
    }

    static let notFound = KubernetesStatus(
        code: 404,
        reason: "NotFound",
        message: "the server could not find the requested resource"
    )

    static func notFound(_ resource: String, _ name: String, group: String = "") -> KubernetesStatus {
        let qualified = group.isEmpty ? resource : "\(resource).\(group)"
        return KubernetesStatus(
            code: 404,
            reason: "NotFound",
            message: "\(qualified) \"\(name)\" not found",
            details: about(resource, name, group)
        )
    }

    static func conflict(
        _ resource: String,
        _ name: String,
        _ message: String,
        group: String = ""
    ) -> KubernetesStatus {
        let qualified = group.isEmpty ? resource : "\(resource).\(group)"
        return KubernetesStatus(
            code: 409,
            reason: "Conflict",
            message: "Operation cannot be fulfilled on \(qualified) \"\(name)\": \(message)",
            details: about(resource, name, group)
        )
    }

    /// Somebody changed it since it was read.
    static func modified(_ resource: String, _ name: String, group: String = "") -> KubernetesStatus {
        conflict(
            resource,
            name,
            "the object has been modified; please apply your changes to the latest version and try again",
            group: group
        )
    }

    /// What the API server says when a budget does not allow an eviction.
    static func overBudget(_ budget: String, desired: Int, healthy: Int) -> KubernetesStatus {
        let cause =
            "The disruption budget \(budget) needs \(desired) healthy pods and has \(healthy) currently"
        return KubernetesStatus(
            code: 429,
            reason: "TooManyRequests",
            message: "Cannot evict pod as it would violate the pod's disruption budget.",
            details: ["causes": [["reason": "DisruptionBudget", "message": .string(cause)]]]
        )
    }

    static func invalid(_ kind: String, _ name: String, _ message: String) -> KubernetesStatus {
        KubernetesStatus(
            code: 422,
            reason: "Invalid",
            message: "\(kind) \"\(name)\" is invalid: \(message)",
            details: ["name": .string(name), "kind": .string(kind)]
        )
    }

    static let unsupportedMediaType = KubernetesStatus(
        code: 415,
        reason: "UnsupportedMediaType",
        message: "the body of the request was in an unknown format - accepted media types include:"
            + " application/merge-patch+json"
    )

    private static func about(_ resource: String, _ name: String, _ group: String) -> JSON {
        let own: [(String, JSON)] = [("name", .string(name)), ("kind", .string(resource))]
        return .object(group.isEmpty ? own : own + [("group", .string(group))])
    }

    static func badRequest(_ message: String) -> KubernetesStatus {
        KubernetesStatus(code: 400, reason: "BadRequest", message: message)
    }

    static func expired(continuation: String) -> KubernetesStatus {
        KubernetesStatus(
            code: 410,
            reason: "Expired",
            message: "The provided continue parameter is too old to display a consistent list result.",
            continuation: continuation
        )
    }

    static let internalError = KubernetesStatus(
        code: 500,
        reason: "InternalError",
        message: "Internal error occurred: this fault was asked for"
    )

    static let unavailable = KubernetesStatus(
        code: 503,
        reason: "ServiceUnavailable",
        message: "the server is currently unable to handle the request"
    )

    var response: Response {
        var metadata: [(String, JSON)] = []
        if let continuation { metadata.append(("continue", .string(continuation))) }
        var body: [(String, JSON)] = [
            ("kind", "Status"), ("apiVersion", "v1"), ("metadata", .object(metadata)),
            ("status", "Failure"), ("message", .string(message)), ("reason", .string(reason)),
        ]
        if let details { body.append(("details", details)) }
        body.append(("code", .number(code)))
        return Response(status: .init(code: code), json: JSON.object(body).bytes)
    }

    /// The answer to what was done and has no object of its own.
    static func success(code: Int) -> Response {
        let body: JSON = [
            "kind": "Status", "apiVersion": "v1", "metadata": .object([]), "status": "Success",
            "code": .number(code),
        ]
        return Response(status: .init(code: code), json: body.bytes)
    }
}

extension Response {
    init(status: HTTPResponse.Status = .ok, json: [UInt8]) {
        self.init(
            status: status,
            headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: json))
        )
    }
}
