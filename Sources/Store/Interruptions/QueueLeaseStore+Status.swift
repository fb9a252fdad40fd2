public import FoundationEssentials
import Postgres

extension QueueLeaseStore {
    /// How the reading of queues goes, in the order customers came.
    ///
    /// - Parameters:
    ///   - customer: Only of this customer.
    ///   - cursor: The customer of the last one of the page before.
    ///   - limit: At most this many.
    /// - Returns: Those of customers that have a queue.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func statuses(of customer: UUID?, after cursor: UUID?, limit: Int) async throws -> [QueueStatus] {
        let rows = try await pool.query(
            """
            SELECT c.customer_id, c.sqs_queue_url, l.last_read_at, l.problem, l.problem_code, l.problem_since,
                CASE WHEN l.leased_until > clock_timestamp() THEN l.holder END AS reader,
                \(fragment: Self.isReadable) AS is_readable
            FROM customers c LEFT JOIN event_queue_leases l USING (customer_id)
            WHERE c.sqs_queue_url IS NOT NULL
              AND (\(customer)::uuid IS NULL OR c.customer_id = \(customer)::uuid)
              AND (\(cursor)::uuid IS NULL OR c.customer_id > \(cursor)::uuid)
            ORDER BY c.customer_id LIMIT \(limit)::int
            """
        )
        return try rows.map(Self.status)
    }

    private static func status(_ row: PostgresRow) throws -> QueueStatus {
        var problem: QueueStatus.Problem?
        if let message = try row.decode("problem", as: String?.self),
            let since = try row.decode("problem_since", as: Date?.self)
        {
            problem = QueueStatus.Problem(
                code: try row.decode("problem_code"),
                message: message,
                since: since
            )
        }
        let reader = try row.decode("reader", as: String?.self)
        let state: QueueStatus.State =
            if try !row.decode("is_readable", as: Bool.self) {
                .off
            } else if reader == nil {
                .waiting
            } else {
                problem == nil ? .reading : .failing
            }
        return QueueStatus(
            customerID: try row.decode("customer_id"),
            queueURL: try row.decode("sqs_queue_url"),
            state: state,
            reader: reader,
            lastReadAt: try row.decode("last_read_at"),
            problem: problem
        )
    }
}
