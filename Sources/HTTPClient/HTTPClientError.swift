/// Why a request got no response.
///
/// A response with any status is not an error. Messages name hosts and addresses, never headers, queries or
/// bodies.
public struct HTTPClientError: Error, CustomStringConvertible {
    /// What went wrong.
    public enum Code: String, Sendable, CaseIterable {
        /// The URL is not an absolute http(s) URL without user information.
        case invalidURL
        /// A method or header cannot be sent as given.
        case invalidRequest
        /// The host's name was not resolved.
        case resolveFailed
        /// The connection was refused or unreachable.
        case connectFailed
        /// No connection within the connect time limit.
        case connectTimedOut
        /// No complete response in time, or the server fell silent.
        case timedOut
        /// The server's certificate isn't acceptable: unknown authority, expired, other name. The message says which.
        case tlsFailed
        /// The TLS handshake broke off for a reason other than the certificate.
        case handshakeFailed
        /// The response's body or headers exceed the limit.
        case bodyTooLarge
        /// The connection ended before the response was complete.
        case connectionLost
        /// The peer does not speak HTTP, or its compressed body cannot be decoded.
        case invalidResponse
        /// The address policy forbids the address.
        case addressRefused
        /// The task was cancelled.
        case cancelled
        /// The client's queue is full.
        case tooManyTransfers
        /// The client was shut down.
        case shutDown
        /// Anything else.
        case other
    }

    /// What went wrong.
    public let code: Code
    /// A sentence about it for people.
    public let message: String
    /// Whether some of the request may have reached the server.
    ///
    /// If `false` it certainly has had no effect.
    public let wasSent: Bool

    /// Makes an error.
    public init(_ code: Code, _ message: String, wasSent: Bool = false) {
        self.code = code
        self.message = message
        self.wasSent = wasSent
    }

    /// Whether the same request may succeed later.
    ///
    /// Says nothing of whether repeating it is safe: see ``wasSent``.
    public var isRetryable: Bool {
        switch code {
        case .resolveFailed, .connectFailed, .connectTimedOut, .timedOut, .handshakeFailed, .connectionLost,
            .tooManyTransfers:
            true
        case .invalidURL, .invalidRequest, .tlsFailed, .bodyTooLarge, .invalidResponse, .addressRefused,
            .cancelled,
            .shutDown, .other:
            false
        }
    }

    /// Code and message.
    public var description: String { "\(code.rawValue): \(message)" }
}
