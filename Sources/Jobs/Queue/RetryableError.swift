import Postgres
import Redis

/// An error that says whether trying again may help.
public protocol RetryableError: Error {
    /// Whether the same call may succeed later without a change by a person.
    var isRetryable: Bool { get }
}

extension PostgresError: RetryableError {}
extension RedisError: RetryableError {}
