import Postgres
import Redis

/// An error that says whether trying again may help.
public protocol RetryableError: Error {
    /// Whether the same call may succeed later without a change by a person.
    var isRetryable: Bool { get }
}

extension PostgresError: RetryableError {}
extension RedisError: RetryableError {}

extension PostgresError {
    /// Whether a value, and not the server's state, is to blame, so that the other values of a batch may be taken.
    ///
    /// Anything else passes, be it a server that is slow, full, read-only or gone.
    var blamesValues: Bool {
        switch code {
        case .encoding, .decoding: true
        // Data exceptions, violated constraints, bad names, program limits.
        case .server: ["22", "23", "42", "54"].contains { sqlState?.hasPrefix($0) ?? false }
        case .connectionFailed, .connectionLost, .poolExhausted, .timedOut, .cancelled, .closed,
            .invalidConfiguration:
            false
        }
    }
}
