import FoundationEssentials
import Postgres

extension QueueLeaseStore {
    /// How long a queue cannot be read before its owner hears of it, in seconds: what passes by itself is no news.
    static let patience = 120

    /// Tells the owners of queues that cannot be read, once for each time that this begins.
    static func tellOwners(_ customers: [UUID], on connection: PostgresConnection) async throws {
        guard !customers.isEmpty else { return }
        let rows = try await connection.query(
            """
            SELECT c.customer_id, c.sqs_queue_url, l.problem, l.problem_code, l.problem_since
            FROM event_queue_leases l JOIN customers c USING (customer_id)
            WHERE l.customer_id = ANY (\(customers)::uuid[]) AND l.problem IS NOT NULL
              AND l.problem_since <= clock_timestamp() - \(patience)::int * interval '1 second'
            ORDER BY c.customer_id
            """
        )
        let events = try rows.map { row in
            NotificationEvent.queueUnreadable(
                try row.decode("sqs_queue_url"),
                of: try row.decode("customer_id"),
                code: try row.decode("problem_code"),
                problem: try row.decode("problem"),
                since: try row.decode("problem_since")
            )
        }
        try await NotificationOutbox.record(events, on: connection)
    }
}
