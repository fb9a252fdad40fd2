public import FoundationEssentials
public import Postgres

/// A message that could not be read.
public struct DeadLetter: Sendable, Equatable {
    /// Bytes of a body that are kept.
    public static let maximumBytes = 64 * 1024

    /// UUIDv7.
    public var id: UUID
    /// Whose queue it was in.
    public var customerID: UUID
    /// The queue.
    public var queueURL: String?
    /// As SQS calls it.
    public var messageID: String
    /// Why it could not be read.
    public var reason: String
    /// What was sent, or its beginning.
    public var body: String
    /// When it was put here; by PostgreSQL's clock once it is stored.
    public var receivedAt: Date

    /// Makes one from all of its fields.
    public init(
        id: UUID = .version7(),
        customerID: UUID,
        queueURL: String?,
        messageID: String,
        reason: String,
        body: String,
        receivedAt: Date = Date()
    ) {
        self.id = id
        self.customerID = customerID
        self.queueURL = queueURL
        self.messageID = messageID
        self.reason = reason
        self.body = body
        self.receivedAt = receivedAt
    }

    /// The beginning of the body that fits into so many bytes.
    public func beginning(ofBytes limit: Int) -> String { body.cut(toBytes: limit) }
}

/// Messages that could not be read: kept, so that nobody has to wonder.
public struct DeadLetterStore: Sendable {
    private let pool: PostgresPool

    /// - Parameter pool: Connections to the database.
    public init(pool: PostgresPool) {
        self.pool = pool
    }

    /// Keeps messages, once each, in somebody's transaction.
    ///
    /// - Parameters:
    ///   - letters: Those that could not be read; bodies are cut, and lose what text in PostgreSQL cannot hold.
    ///   - transaction: The transaction.
    /// - Throws: `PostgresError`.
    public func insert(_ letters: [DeadLetter], in transaction: StoreTransaction) async throws {
        guard !letters.isEmpty else { return }
        _ = try await transaction.connection.execute(
            """
            INSERT INTO event_dead_letters (letter_id, customer_id, queue_url, message_id, reason, body)
            SELECT * FROM unnest(
                \(letters.map(\.id))::uuid[],
                \(letters.map(\.customerID))::uuid[],
                \(letters.map(\.queueURL))::text[],
                \(letters.map { $0.messageID.withoutNUL })::text[],
                \(letters.map(\.reason))::text[],
                \(letters.map { $0.body.cut(toBytes: DeadLetter.maximumBytes).withoutNUL })::text[]
            ) AS l (id, customer, queue, message, reason, body)
            ORDER BY l.customer, l.message
            ON CONFLICT (customer_id, message_id) DO NOTHING
            """
        )
    }

    /// Lists a customer's, the latest first.
    ///
    /// - Parameters:
    ///   - customer: Whose; nil for all.
    ///   - cursor: The id of the last one of the page before.
    ///   - limit: At most this many.
    /// - Returns: Those found.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func list(of customer: UUID?, before cursor: UUID? = nil, limit: Int) async throws -> [DeadLetter]
    {
        let rows = try await pool.query(
            """
            SELECT * FROM event_dead_letters
            WHERE (\(customer)::uuid IS NULL OR customer_id = \(customer)::uuid)
              AND (\(cursor)::uuid IS NULL OR letter_id < \(cursor)::uuid)
            ORDER BY letter_id DESC LIMIT \(limit)::int
            """
        )
        return try rows.map { row in
            DeadLetter(
                id: try row.decode("letter_id"),
                customerID: try row.decode("customer_id"),
                queueURL: try row.decode("queue_url"),
                messageID: try row.decode("message_id"),
                reason: try row.decode("reason"),
                body: try row.decode("body"),
                receivedAt: try row.decode("received_at")
            )
        }
    }
}
