internal import FoundationEssentials
internal import HTTPClient

extension KubernetesError {
    /// What an answer other than 2xx means.
    ///
    /// A body that is not the server's own (a proxy's page) isn't shown.
    init(_ response: HTTPResponse) {
        let status = response.status
        let body = response.body.count <= 1 << 20 ? Data(response.body) : Data()
        // Not JSON: a proxy answered, and its page is of no use here.
        let details = try? JSONDecoder().decode(StatusBody.self, from: body)
        let message = details?.message.map { String($0.prefix(1000)) } ?? "the server answered \(status)"
        let seconds =
            response.headers["Retry-After"].flatMap { Int($0) } ?? details?.details?.retryAfterSeconds
        self.init(
            Self.code(forStatus: status),
            message,
            status: status,
            reason: details?.reason,
            retryAfter: seconds.map { .seconds(max(0, min($0, 86_400))) },
            details: details?.details.map { details in
                let causes = (details.causes ?? []).prefix(100).map {
                    Cause(reason: $0.reason, message: $0.message.map { String($0.prefix(1000)) })
                }
                return Details(kind: details.kind, name: details.name, causes: causes)
            }
        )
    }

    private static func code(forStatus status: Int) -> Code {
        switch status {
        case 401: .unauthorized
        case 403: .forbidden
        case 404: .notFound
        case 408: .timedOut
        case 409: .conflict
        case 410: .gone
        case 429: .tooManyRequests
        case 500...: .serverError
        case 400..<500: .rejected
        default: .invalidResponse
        }
    }
}
