public import FoundationEssentials
public import Postgres

/// The outbox as those see it who send what is in it.
///
/// All times are PostgreSQL's.
public struct NotificationStore: Sendable {
    /// A channel with something to send.
    public struct DueChannel: Sendable, Equatable {
        /// Which.
        public var id: UUID
        /// Whose.
        public var customerID: UUID
    }

    private let pool: PostgresPool

    /// - Parameter pool: Connections to the database.
    public init(pool: PostgresPool) {
        self.pool = pool
    }

    // MARK: - Sending

    /// Channels whose first event is due: the others of a channel wait for it.
    ///
    /// - Throws: `PostgresError`.
    public func dueChannels(limit: Int = 1000) async throws -> [DueChannel] {
        let rows = try await pool.query(
            """
            SELECT c.channel_id, c.customer_id FROM notification_channels c
            CROSS JOIN LATERAL (
                SELECT n.next_at FROM notifications n
                WHERE n.channel_id = c.channel_id AND n.state = 'pending' ORDER BY n.sequence LIMIT 1
            ) head
            WHERE c.enabled AND c.deleted_at IS NULL AND head.next_at <= clock_timestamp()
            ORDER BY head.next_at LIMIT \(limit)::int
            """
        )
        return try rows.map {
            DueChannel(id: try $0.decode("channel_id"), customerID: try $0.decode("customer_id"))
        }
    }

    /// Begins an attempt at a channel's first event, if it is due.
    ///
    /// Whoever dies before he says what came of it leaves it to be sent again, after the time given.
    ///
    /// - Parameters:
    ///   - channel: Which channel.
    ///   - duration: How long nobody else tries.
    /// - Returns: The event, its attempt counted; nil if none is due.
    /// - Throws: `PostgresError`.
    public func begin(_ channel: UUID, for duration: Duration) async throws -> NotificationRecord? {
        let rows = try await pool.query(
            """
            WITH head AS (
                SELECT n.sequence FROM notifications n JOIN notification_channels c USING (channel_id)
                WHERE n.channel_id = \(channel) AND n.state = 'pending' AND c.enabled AND c.deleted_at IS NULL
                ORDER BY n.sequence LIMIT 1
                FOR UPDATE OF n
            )
            UPDATE notifications n SET attempts = n.attempts + 1, next_at = \(fragment: Self.after(duration))
            FROM head WHERE n.sequence = head.sequence AND n.state = 'pending' AND n.next_at <= clock_timestamp()
            RETURNING n.*
            """
        )
        return try rows.first.map(Self.notification)
    }

    /// Notes that an event arrived.
    ///
    /// - Throws: `PostgresError`.
    public func sent(_ record: NotificationRecord) async throws {
        try await pool.withTransaction { connection in
            _ = try await connection.execute(
                """
                UPDATE notifications SET state = 'sent', finished_at = clock_timestamp(), last_error = NULL
                WHERE sequence = \(record.sequence) AND state = 'pending'
                """
            )
            _ = try await connection.execute(
                """
                UPDATE notification_channels SET last_delivered_at = clock_timestamp(), problem = NULL,
                    problem_since = NULL, refusals = 0
                WHERE channel_id = \(record.channelID)
                """
            )
        }
    }

    /// Notes that an event did not arrive.
    ///
    /// - Returns: How often in a row the receiver has said that it is the request.
    /// - Throws: `PostgresError`.
    @discardableResult
    public func failed(_ record: NotificationRecord, _ failure: Failure) async throws -> Int {
        let retry = failure.retryAfter ?? .zero
        let isFinal = failure.retryAfter == nil
        return try await pool.withTransaction { connection in
            _ = try await connection.execute(
                """
                UPDATE notifications SET last_error = \(failure.reason), next_at = \(fragment: Self.after(retry)),
                    state = CASE WHEN \(isFinal) THEN 'failed' ELSE state END,
                    finished_at = CASE WHEN \(isFinal) THEN clock_timestamp() END
                WHERE sequence = \(record.sequence) AND state = 'pending'
                """
            )
            let rows = try await connection.query(
                """
                UPDATE notification_channels SET problem = \(failure.reason),
                    problem_since = coalesce(problem_since, clock_timestamp()),
                    refusals = CASE WHEN \(failure.isRefusal) THEN refusals + 1 ELSE 0 END,
                    enabled = enabled AND \(failure.disables == nil),
                    disabled_reason = coalesce(\(failure.disables)::text, disabled_reason),
                    updated_at = CASE WHEN \(failure.disables != nil) THEN now() ELSE updated_at END
                WHERE channel_id = \(record.channelID)
                RETURNING refusals
                """
            )
            return Int(try rows.first?.decode("refusals", as: Int32.self) ?? 0)
        }
    }

    /// Has what failed sent again, in the order it happened.
    ///
    /// What was written too long ago to be tried for long is tried once more.
    ///
    /// - Returns: How many events.
    /// - Throws: `PostgresError`.
    public func retryFailed(of channel: UUID) async throws -> Int {
        try await pool.execute(
            """
            UPDATE notifications SET state = 'pending', next_at = clock_timestamp(), finished_at = NULL
            WHERE channel_id = \(channel) AND state = 'failed'
            """
        )
    }

    /// Switches a channel off for a reason of ours.
    ///
    /// - Throws: `PostgresError`.
    public func disable(_ channel: UUID, because reason: String) async throws {
        _ = try await pool.execute(
            """
            UPDATE notification_channels SET enabled = false, disabled_reason = \(reason), updated_at = now()
            WHERE channel_id = \(channel) AND enabled
            """
        )
    }

    // MARK: - Reading

    /// Lists events, those written last first.
    ///
    /// - Parameters:
    ///   - customer: Only of this customer.
    ///   - channel: Only to this channel.
    ///   - state: Only those that have come so far.
    ///   - cursor: The sequence of the last one of the page before.
    ///   - limit: At most this many.
    /// - Returns: Those found.
    /// - Throws: `PostgresError`.
    public func list(
        of customer: UUID?,
        channel: UUID? = nil,
        state: NotificationRecord.State? = nil,
        before cursor: Int64? = nil,
        limit: Int
    ) async throws -> [NotificationRecord] {
        var conditions: SQL = "true"
        if let customer { conditions = "\(fragment: conditions) AND customer_id = \(customer)" }
        if let channel { conditions = "\(fragment: conditions) AND channel_id = \(channel)" }
        if let state { conditions = "\(fragment: conditions) AND state = \(state.rawValue)" }
        if let cursor { conditions = "\(fragment: conditions) AND sequence < \(cursor)" }
        let rows = try await pool.query(
            """
            SELECT * FROM notifications WHERE \(fragment: conditions)
            ORDER BY sequence DESC LIMIT \(limit)::int
            """
        )
        return try rows.map(Self.notification)
    }

    private static func after(_ duration: Duration) -> SQL {
        "clock_timestamp() + \(duration.seconds)::double precision * interval '1 second'"
    }

    private static func notification(_ row: PostgresRow) throws -> NotificationRecord {
        NotificationRecord(
            sequence: try row.decode("sequence"),
            channelID: try row.decode("channel_id"),
            customerID: try row.decode("customer_id"),
            eventID: try row.decode("event_id"),
            kind: try row.decode("kind"),
            facts: try row.decode("facts", as: PostgresJSON.self).bytes,
            occurredAt: try row.decode("occurred_at"),
            state: NotificationRecord.State(rawValue: try row.decode("state")) ?? .pending,
            attempts: Int(try row.decode("attempts", as: Int32.self)),
            nextAt: try row.decode("next_at"),
            lastError: try row.decode("last_error"),
            createdAt: try row.decode("created_at"),
            finishedAt: try row.decode("finished_at")
        )
    }
}
