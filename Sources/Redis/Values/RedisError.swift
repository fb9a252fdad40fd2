/// What went wrong between this process and Redis.
///
/// A description never contains a password, a command's arguments, or a reply's payload.
public struct RedisError: Error, Equatable, Sendable {
    /// The kinds of failure, each of which calls for another reaction.
    public enum Code: String, Sendable {
        /// No connection could be made, or the server is known to be down; nothing was sent.
        case connectionFailed
        /// The connection ended while the command waited; see ``RedisError/mayHaveBeenApplied``.
        case connectionLost
        /// The server did not answer within the time limit; the connection was dropped.
        case timedOut
        /// The server refused the user or the password, or wants one.
        case authenticationFailed
        /// The server answered with an error; see ``RedisError/prefix``.
        case server
        /// The server sent bytes that are no reply; the connection was dropped.
        case protocolViolation
        /// The TLS handshake failed, or the server's certificate was not accepted.
        case tls
        /// Too many commands or bytes are already waiting; nothing was sent.
        case overloaded
        /// The client was closed.
        case closed
        /// The waiting task was cancelled; the command may still be carried out.
        case cancelled
        /// The configuration can't be used.
        case configuration
    }

    /// The kind of failure.
    public let code: Code

    /// What happened, for a log; at most a few hundred characters.
    public let message: String

    /// The first word of a server error, such as `ERR`, `NOSCRIPT`, `READONLY`, `OOM`, `LOADING`, `BUSY`.
    public let prefix: String?

    /// Whether the server may have carried the command out although no reply arrived.
    public let mayHaveBeenApplied: Bool

    /// Makes an error.
    ///
    /// - Parameters:
    ///   - code: The kind of failure.
    ///   - message: What happened; no secrets, no arguments.
    ///   - prefix: The first word of a server error.
    ///   - mayHaveBeenApplied: Whether the command was sent and its outcome is unknown.
    public init(_ code: Code, _ message: String, prefix: String? = nil, mayHaveBeenApplied: Bool = false) {
        self.code = code
        self.message = message
        self.prefix = prefix
        self.mayHaveBeenApplied = mayHaveBeenApplied
    }

    /// Whether the same call may succeed later without a change by a person.
    ///
    /// Where ``mayHaveBeenApplied`` is set, repeat only what is idempotent.
    public var isRetryable: Bool {
        switch code {
        case .connectionFailed, .connectionLost, .timedOut, .overloaded: true
        case .server: prefix.map(Self.passingPrefixes.contains) ?? false
        case .authenticationFailed, .protocolViolation, .tls, .closed, .cancelled, .configuration: false
        }
    }

    /// Errors of a server that is starting, failing over, full, or busy with a script.
    private static let passingPrefixes: Set<String> = [
        "BUSY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "NOREPLICAS", "OOM", "READONLY", "TRYAGAIN",
    ]

    /// The same, saying which server it was.
    func naming(_ server: RedisConfiguration) -> RedisError {
        RedisError(code, "\(server): \(message)", prefix: prefix, mayHaveBeenApplied: mayHaveBeenApplied)
    }

    func with(mayHaveBeenApplied: Bool) -> RedisError {
        RedisError(code, message, prefix: prefix, mayHaveBeenApplied: mayHaveBeenApplied)
    }
}

extension RedisError: CustomStringConvertible {
    /// The code and the message.
    public var description: String { "redis \(code.rawValue): \(message)" }
}

extension RedisError {
    /// An error reply of the server, with what it echoes of the command's arguments cut out.
    ///
    /// `ERR unknown command` is followed by the arguments; other texts quote single words.
    static func reply(_ text: String) -> RedisError {
        let prefix = text.prefix { $0 != " " }
        var message = text
        if let echo = message.firstRange(of: ", with args beginning") {
            message = String(message[..<echo.lowerBound])
        }
        message = cuttingLongQuotations(in: message)
        if message.utf8.count > 240 { message = String(message.prefix(240)) + "…" }
        return RedisError(.server, message, prefix: String(prefix.prefix(32)))
    }

    private static func cuttingLongQuotations(in text: String) -> String {
        let parts = text.split(separator: "'", omittingEmptySubsequences: false)
        guard parts.count > 2 else { return text }
        return parts.enumerated().map { index, part in
            index % 2 == 1 && index < parts.count - 1 && part.count > 24 ? "…" : String(part)
        }.joined(separator: "'")
    }
}
