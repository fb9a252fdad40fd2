/// Why a call to AWS failed.
///
/// Messages never contain credentials, parameters' values or bodies.
public struct AWSError: Error, CustomStringConvertible {
    /// What went wrong.
    public enum Code: String, Sendable, CaseIterable {
        /// The service asks for less. Retried, and slows down everybody who uses the same limit.
        case throttled
        /// The service failed: 5xx.
        case serverError
        /// No connection, or it was lost.
        case unreachable
        /// No answer in time.
        case timedOut
        /// Our clock and the service's differ too much; corrected once by the service's own time.
        case clockSkew
        /// A temporary key has expired; renewed once.
        case expiredCredentials
        /// The key is unknown, or its secret is wrong. Never retried.
        case invalidCredentials
        /// The key is good, and does not allow the action. Never retried: the role must be changed.
        case accessDenied
        /// No source has credentials.
        case noCredentials
        /// What was named doesn't exist, or isn't seen yet: EC2 shows new instances late.
        case notFound
        /// There are no machines of the kind there now; other types or zones may be had.
        case insufficientCapacity
        /// A quota of the account is used up.
        case quotaExceeded
        /// The same idempotency token came with other parameters.
        case idempotencyMismatch
        /// What was named isn't in a state that allows it.
        case conflict
        /// The service does not accept the request for another reason.
        case rejected
        /// The request isn't sent: a parameter is not one.
        case invalidRequest
        /// An answer that is not what was asked for.
        case invalidResponse
        /// The server's certificate is not acceptable.
        case untrustedCertificate
        /// The task was cancelled, or the HTTP client shut down.
        case cancelled
    }

    /// What went wrong.
    public let code: Code
    /// A sentence for people.
    public let message: String
    /// The service's own code, as in `InvalidInstanceID.NotFound`.
    public let rawCode: String?
    /// The HTTP status, if there was an answer.
    public let status: Int?
    /// What the service calls the request; its support asks for it.
    public let requestID: String?
    /// Service and action, as in `ec2:TerminateInstances`.
    public internal(set) var action: String?
    /// How long the service asks to wait.
    let retryAfter: Duration?
    /// Whether the service may have done what was asked although it did not say so.
    public let mayHaveHappened: Bool

    /// Makes an error.
    public init(
        _ code: Code,
        _ message: String,
        rawCode: String? = nil,
        status: Int? = nil,
        requestID: String? = nil,
        action: String? = nil,
        mayHaveHappened: Bool = false
    ) {
        self.init(
            code,
            message,
            rawCode: rawCode,
            status: status,
            requestID: requestID,
            action: action,
            retryAfter: nil,
            mayHaveHappened: mayHaveHappened
        )
    }

    init(
        _ code: Code,
        _ message: String,
        rawCode: String?,
        status: Int?,
        requestID: String?,
        action: String?,
        retryAfter: Duration?,
        mayHaveHappened: Bool
    ) {
        self.code = code
        self.message = message
        self.rawCode = rawCode
        self.status = status
        self.requestID = requestID
        self.action = action
        self.retryAfter = retryAfter
        self.mayHaveHappened = mayHaveHappened
    }

    /// Whether the same call may succeed later without anybody changing anything.
    public var isRetryable: Bool {
        switch code {
        case .throttled, .serverError, .unreachable, .timedOut: true
        case .clockSkew, .expiredCredentials, .invalidCredentials, .accessDenied, .noCredentials, .notFound,
            .insufficientCapacity, .quotaExceeded, .idempotencyMismatch, .conflict, .rejected,
            .invalidRequest,
            .invalidResponse, .untrustedCertificate, .cancelled:
            false
        }
    }

    /// Code, action, the service's code and the message.
    public var description: String {
        let details = [action, rawCode, status.map { "HTTP \($0)" }, requestID.map { "request \($0)" }]
            .compactMap { $0 }
        return "\(code.rawValue)\(details.isEmpty ? "" : " (\(details.joined(separator: ", ")))"): \(message)"
    }
}
