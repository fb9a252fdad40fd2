internal import HTTPClient

/// Why a call to an API server failed.
public struct KubernetesError: Error, CustomStringConvertible {
    /// What went wrong.
    public enum Code: String, Sendable, CaseIterable {
        /// 401: the credential has expired or is wrong. Never retried.
        case unauthorized
        /// 403: the message names the verb and resource that are not allowed. Never retried.
        case forbidden
        /// 404.
        case notFound
        /// 410: the list's snapshot has expired, and did so again after restarts.
        case gone
        /// 429: the server asks for less, see ``KubernetesError/retryAfter``.
        case tooManyRequests
        /// 409.
        case conflict
        /// 5xx.
        case serverError
        /// The cluster has no (working) metrics-server.
        case metricsUnavailable
        /// No connection, or it was lost.
        case unreachable
        /// No answer in time.
        case timedOut
        /// The server's certificate isn't signed by the cluster's authority, has expired or is for another name.
        case untrustedCertificate
        /// The address policy forbids the server's address.
        case addressRefused
        /// No token can be had to sign in with, until somebody changes something.
        case signInRefused
        /// No token could be had to sign in with just now.
        case signInUnavailable
        /// The endpoint's URL, authority or token cannot be used.
        case invalidEndpoint
        /// An answer that is not what was asked for: a redirect, a proxy's page, broken JSON.
        case invalidResponse
        /// Another 4xx: the server does not accept the request.
        case rejected
        /// The task was cancelled, or the HTTP client shut down.
        case cancelled
    }

    /// What went wrong.
    public let code: Code
    /// The HTTP status, if there was an answer.
    public let status: Int?
    /// The server's machine-readable reason, as in `Expired`.
    public let reason: String?
    /// A sentence for people; the server's own where there is one.
    public let message: String
    /// How long the server asks to wait.
    public let retryAfter: Duration?
    /// What the server says of the object and the causes, if it says so.
    public let details: Details?

    /// What an error is about.
    public struct Details: Hashable, Sendable {
        /// The resource or kind, as in `pods`.
        public let kind: String?
        /// The object's name.
        public let name: String?
        /// Machine-readable causes.
        public let causes: [Cause]

        /// Makes details.
        public init(kind: String? = nil, name: String? = nil, causes: [Cause] = []) {
            self.kind = kind
            self.name = name
            self.causes = causes
        }
    }

    /// One cause of an error.
    public struct Cause: Hashable, Sendable {
        /// As in `DisruptionBudget`.
        public let reason: String?
        /// A sentence for people.
        public let message: String?

        /// Makes a cause.
        public init(reason: String?, message: String?) {
            self.reason = reason
            self.message = message
        }
    }

    /// Makes an error.
    public init(
        _ code: Code,
        _ message: String,
        status: Int? = nil,
        reason: String? = nil,
        retryAfter: Duration? = nil,
        details: Details? = nil
    ) {
        self.code = code
        self.message = message
        self.status = status
        self.reason = reason
        self.retryAfter = retryAfter
        self.details = details
    }

    /// Whether the same call may succeed later.
    public var isRetryable: Bool {
        switch code {
        case .tooManyRequests, .serverError, .unreachable, .timedOut, .signInUnavailable: true
        case .unauthorized, .forbidden, .notFound, .gone, .conflict, .metricsUnavailable,
            .untrustedCertificate, .addressRefused, .signInRefused, .invalidEndpoint, .invalidResponse,
            .rejected,
            .cancelled:
            false
        }
    }

    /// Code, status and message.
    public var description: String {
        "\(code.rawValue)\(status.map { " (HTTP \($0))" } ?? ""): \(message)"
    }
}

extension KubernetesError {
    init(_ error: HTTPClientError) {
        let code: Code =
            switch error.code {
            case .resolveFailed, .connectFailed, .handshakeFailed, .connectionLost, .tooManyTransfers, .other:
                .unreachable
            case .connectTimedOut, .timedOut: .timedOut
            case .tlsFailed: .untrustedCertificate
            case .addressRefused: .addressRefused
            case .invalidURL, .invalidRequest: .invalidEndpoint
            case .bodyTooLarge, .invalidResponse: .invalidResponse
            case .cancelled, .shutDown: .cancelled
            }
        self.init(code, error.message)
    }
}
