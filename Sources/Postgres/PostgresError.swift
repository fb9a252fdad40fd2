/// What went wrong while talking to PostgreSQL.
///
/// A description holds the SQLSTATE, the constraint and the server's primary message, never the server's
/// DETAIL or CONTEXT and never a parameter, because those hold data.
public struct PostgresError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure; what callers branch on.
    public enum Code: String, Sendable, Hashable {
        /// No connection could be made.
        case connectionFailed
        /// The connection broke under a statement, or was found broken before one.
        case connectionLost
        /// No connection became free within the wait limit.
        case poolExhausted
        /// The statement took longer than the statement timeout, or no answer came in that time.
        case timedOut
        /// The calling task was cancelled, or an operator cancelled the statement.
        case cancelled
        /// The server refused the statement; see ``PostgresError/sqlState``.
        case server
        /// A value could not be read as the type asked for.
        case decoding
        /// A value cannot be sent as its type.
        case encoding
        /// The connection or pool has been closed.
        case closed
        /// The configuration cannot be used.
        case invalidConfiguration
    }

    /// The kind of failure.
    public let code: Code
    /// The five characters of the server's SQLSTATE, if the server answered.
    public let sqlState: String?
    /// The constraint that was violated, if one was.
    public let constraint: String?
    /// One sentence, free of data.
    public internal(set) var message: String
    /// Whether the statement may have taken effect all the same: it was sent outside of a transaction, or
    /// was a COMMIT, and its answer never came.
    ///
    /// Retry only what is idempotent.
    public internal(set) var outcomeUnknown: Bool
    /// The file that made the call.
    public private(set) var file: String
    /// The line that made the call.
    public private(set) var line: Int

    /// Whether the statement surely never left this process, so that it may go to another connection.
    var wasNotSent: Bool
    /// Whether a prepared plan had become invalid; it is prepared anew the next time.
    var isStalePlan: Bool

    /// Makes an error.
    public init(
        code: Code,
        message: String,
        sqlState: String? = nil,
        constraint: String? = nil,
        outcomeUnknown: Bool = false,
        file: String = #fileID,
        line: Int = #line
    ) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
        self.constraint = constraint
        self.outcomeUnknown = outcomeUnknown
        self.file = file
        self.line = line
        wasNotSent = false
        isStalePlan = false
    }

    /// Whether the same work, done again from its beginning, may succeed.
    ///
    /// True for serialization failures and deadlocks (40001, 40P01), for everything that is wrong with a
    /// connection (class 08, 57P0x, 53300), for an exhausted pool, and for a plan outdated by a migration.
    /// With ``outcomeUnknown`` the first try may have succeeded already.
    public var isRetryable: Bool {
        switch code {
        case .connectionFailed, .connectionLost, .poolExhausted: return true
        case .timedOut, .cancelled, .decoding, .encoding, .closed, .invalidConfiguration: return false
        case .server:
            guard let sqlState else { return false }
            return isStalePlan || sqlState == "40001" || sqlState == "40P01" || sqlState == "53300"
                || sqlState.hasPrefix("08") || sqlState.hasPrefix("57P0")
        }
    }

    /// Whether a row with the same key was there already.
    public var isUniqueViolation: Bool { sqlState == "23505" }

    /// The code, SQLSTATE, constraint, message and place of call.
    public var description: String {
        var parts = ["postgres.\(code.rawValue)"]
        if let sqlState { parts.append("[\(sqlState)]") }
        parts.append(message)
        if let constraint { parts.append("(constraint \(constraint))") }
        if outcomeUnknown { parts.append("(outcome unknown)") }
        parts.append("at \(file):\(line)")
        return parts.joined(separator: " ")
    }

    /// The same error, as seen from the place that made the call.
    func located(_ file: String, _ line: Int) -> PostgresError {
        var copy = self
        copy.file = file
        copy.line = line
        return copy
    }
}
