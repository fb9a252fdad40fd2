import Postgres
import Store

/// Why something could not be stored.
enum StoreFailure {
    /// Whether the same may be stored later: only what is wrong with the content itself stays wrong.
    static func mayPass(_ error: any Error) -> Bool {
        if error is JSONError { return false }
        guard let error = error as? PostgresError else { return true }
        if error.code == .encoding { return false }
        // Data, integrity, limits.
        guard let state = error.sqlState else { return true }
        return !["22", "23", "54"].contains { state.hasPrefix($0) }
    }
}
