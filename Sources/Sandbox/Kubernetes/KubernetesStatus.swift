import Hummingbird

/// An error as an API server answers it: a `Status` object with the same code as the response.
struct KubernetesStatus: Error, Sendable {
    let code: Int
    let reason: String
    let message: String
    /// A token with which an expired list can go on inconsistently; only for 410.
    var continuation: String?

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

    static func notFound(_ resource: String, _ name: String) -> KubernetesStatus {
        KubernetesStatus(code: 404, reason: "NotFound", message: "\(resource) \"\(name)\" not found")
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
        let body: JSON = [
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": .object(metadata),
            "status": "Failure",
            "message": .string(message),
            "reason": .string(reason),
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
