import CLibPQ
import Dispatch

/// What libpq needs to ask the server to stop a session's statement, over a connection of its own.
///
/// `@unchecked Sendable`: the object never changes after `PQgetCancel`, and `PQcancel` only reads it.
/// https://www.postgresql.org/docs/15/libpq-cancel.html
final class CancelRequest: @unchecked Sendable {
    private let raw: OpaquePointer

    init?(_ connection: OpaquePointer) {
        guard let raw = PQgetCancel(connection) else { return nil }
        self.raw = raw
    }

    deinit { PQfreeCancel(raw) }

    /// Sends the request from a thread of its own, because `PQcancel` blocks until the server has taken it.
    func send(whenTaken: @escaping @Sendable () -> Void) {
        DispatchQueue(label: "postgres.cancel").async {
            var complaint: [CChar] = Array(repeating: 0, count: 256)
            // A refused request is not an error: the statement then ends by its own time limit.
            _ = PQcancel(self.raw, &complaint, CInt(complaint.count))
            whenTaken()
        }
    }
}
