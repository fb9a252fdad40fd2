public import Cryptography
public import FoundationEssentials
public import Postgres

/// Where customers hear of what we do.
///
/// Targets and secrets go in sealed and come out only by ``open(_:)``.
public struct NotificationChannelStore: Sendable {
    private let pool: PostgresPool
    private let keyring: SealingKeyring

    /// - Parameters:
    ///   - pool: Connections to the database.
    ///   - keyring: Seals and opens targets and secrets.
    public init(pool: PostgresPool, keyring: SealingKeyring) {
        self.pool = pool
        self.keyring = keyring
    }

    /// Adds a channel.
    ///
    /// - Throws: `PostgresError`; `CryptographyError`.
    public func insert(_ channel: NewNotificationChannel) async throws {
        let target = try seal(channel.target, .target, of: channel.id)
        let secret = try channel.secret.map { try seal($0, .secret, of: channel.id) }
        _ = try await pool.execute(
            """
            INSERT INTO notification_channels (channel_id, customer_id, name, kind, target_shown, target_sealed,
                secret_sealed, kinds)
            VALUES (\(channel.id), \(channel.customerID), \(channel.name), \(channel.kind.rawValue),
                \(channel.shownTarget), \(target), \(secret)::bytea, \(channel.kinds)::text[])
            """
        )
    }

    /// Changes a channel; what waits is sent at once when it is switched on, or gets another target or secret.
    ///
    /// - Returns: The channel as it is now; nil if there is none.
    /// - Throws: `PostgresError`; `CryptographyError`.
    public func update(_ id: UUID, by change: NotificationChannelChange) async throws
        -> NotificationChannelRecord?
    {
        let target = try change.target.map { try seal($0.text, .target, of: id) }
        let secret = try change.secret.map { try seal($0, .secret, of: id) }
        let isMended = change.isEnabled == true || target != nil || secret != nil
        _ = try await pool.withTransaction { connection in
            _ = try await connection.execute(
                """
                UPDATE notification_channels SET
                    name = coalesce(\(change.name)::text, name),
                    target_shown = coalesce(\(change.target?.shown)::text, target_shown),
                    target_sealed = coalesce(\(target)::bytea, target_sealed),
                    secret_sealed = coalesce(\(secret)::bytea, secret_sealed),
                    kinds = CASE WHEN \(change.kinds)::text[] IS NULL THEN kinds
                        ELSE nullif(\(change.kinds)::text[], '{}') END,
                    enabled = coalesce(\(change.isEnabled)::bool, enabled),
                    disabled_reason = CASE WHEN \(change.isEnabled)::bool IS NULL THEN disabled_reason END,
                    problem = CASE WHEN \(isMended) THEN NULL ELSE problem END,
                    problem_since = CASE WHEN \(isMended) THEN NULL ELSE problem_since END,
                    refusals = CASE WHEN \(isMended) THEN 0 ELSE refusals END,
                    updated_at = now()
                WHERE channel_id = \(id) AND deleted_at IS NULL
                """
            )
            guard isMended else { return }
            _ = try await connection.execute(
                """
                UPDATE notifications SET next_at = clock_timestamp()
                WHERE channel_id = \(id) AND state = 'pending' AND next_at > clock_timestamp() + interval '30 seconds'
                """
            )
        }
        return try await find(id)
    }

    /// Takes a channel out of service and forgets its secrets; its history stays, and what waits is dropped.
    ///
    /// - Returns: False if there is none.
    /// - Throws: `PostgresError`.
    public func delete(_ id: UUID) async throws -> Bool {
        try await pool.withTransaction { connection in
            let count = try await connection.execute(
                """
                UPDATE notification_channels SET enabled = false, target_sealed = ''::bytea, secret_sealed = NULL,
                    deleted_at = now(), updated_at = now()
                WHERE channel_id = \(id) AND deleted_at IS NULL
                """
            )
            guard count > 0 else { return false }
            _ = try await connection.execute(
                """
                UPDATE notifications SET state = 'dropped', finished_at = clock_timestamp(),
                    last_error = 'the channel was deleted'
                WHERE channel_id = \(id) AND state = 'pending'
                """
            )
            return true
        }
    }

    /// Finds one channel that is not deleted.
    ///
    /// - Throws: `PostgresError`.
    public func find(_ id: UUID) async throws -> NotificationChannelRecord? {
        try await pool.query(
            "\(fragment: Self.selection) WHERE c.channel_id = \(id) AND c.deleted_at IS NULL"
        ).first.map(Self.channel)
    }

    /// Lists channels in the order they came.
    ///
    /// - Parameters:
    ///   - customer: Only of this customer.
    ///   - cursor: The id of the last one of the page before.
    ///   - limit: At most this many.
    /// - Returns: Those found.
    /// - Throws: `PostgresError`.
    public func list(of customer: UUID?, after cursor: UUID?, limit: Int) async throws
        -> [NotificationChannelRecord]
    {
        let rows = try await pool.query(
            """
            \(fragment: Self.selection)
            WHERE c.deleted_at IS NULL
              AND (\(customer)::uuid IS NULL OR c.customer_id = \(customer)::uuid)
              AND (\(cursor)::uuid IS NULL OR c.channel_id > \(cursor)::uuid)
            ORDER BY c.channel_id LIMIT \(limit)::int
            """
        )
        return try rows.map(Self.channel)
    }

    /// Opens what it takes to reach a channel.
    ///
    /// - Returns: nil if there is none, or it is switched off.
    /// - Throws: `CryptographyError` if the master key that sealed it is not in the keyring; `PostgresError`.
    public func open(_ id: UUID) async throws -> OpenNotificationChannel? {
        let rows = try await pool.query(
            """
            SELECT customer_id, kind, target_sealed, secret_sealed FROM notification_channels
            WHERE channel_id = \(id) AND enabled AND deleted_at IS NULL
            """
        )
        guard let row = rows.first,
            let kind = NotificationChannelRecord.Kind(rawValue: try row.decode("kind"))
        else { return nil }
        let secret = try row.decode("secret_sealed", as: [UInt8]?.self)
        return OpenNotificationChannel(
            id: id,
            customerID: try row.decode("customer_id"),
            kind: kind,
            target: try open(try row.decode("target_sealed"), .target, of: id),
            secret: try secret.map { try open($0, .secret, of: id) }
        )
    }

    /// Keeps an event that shows whether a channel works, whatever kinds it wants.
    ///
    /// - Returns: The event's id.
    /// - Throws: `PostgresError`.
    public func recordTest(_ channel: NotificationChannelRecord, by name: String) async throws -> UUID {
        let event = NotificationEvent(
            .test,
            customerID: channel.customerID,
            subject: UUID.version7().text,
            occurredAt: Date(),
            facts: ["channel": .string(channel.name), "requested_by": .string(name)]
        )
        try await pool.withTransaction { connection in
            try await NotificationOutbox.record(event, for: channel.id, on: connection)
        }
        return event.id
    }

    // MARK: - Sealing

    private enum Part: String { case target, secret }

    private func seal(_ text: String, _ part: Part, of id: UUID) throws -> [UInt8] {
        try keyring.seal(Array(text.utf8), associatedData: Self.associatedData(part, of: id))
    }

    private func open(_ sealed: [UInt8], _ part: Part, of id: UUID) throws -> String {
        String(
            decoding: try keyring.open(sealed, associatedData: Self.associatedData(part, of: id)),
            as: UTF8.self
        )
    }

    /// Binds what is sealed to its row and column: copied elsewhere it does not open.
    private static func associatedData(_ part: Part, of id: UUID) -> [UInt8] {
        Array("notification_channels.\(part.rawValue):".utf8) + id.bytes
    }

    private static let selection: SQL = """
        SELECT c.channel_id, c.customer_id, c.name, c.kind, c.target_shown, c.kinds, c.enabled, c.disabled_reason,
            c.problem, c.problem_since, c.last_delivered_at, c.created_at, c.updated_at,
            (SELECT count(*) FROM notifications n WHERE n.channel_id = c.channel_id AND n.state = 'pending') AS pending
        FROM notification_channels c
        """

    private static func channel(_ row: PostgresRow) throws -> NotificationChannelRecord {
        NotificationChannelRecord(
            id: try row.decode("channel_id"),
            customerID: try row.decode("customer_id"),
            name: try row.decode("name"),
            kind: NotificationChannelRecord.Kind(rawValue: try row.decode("kind")) ?? .webhook,
            shownTarget: try row.decode("target_shown"),
            kinds: try row.decode("kinds", as: [String]?.self),
            isEnabled: try row.decode("enabled"),
            disabledReason: try row.decode("disabled_reason"),
            problem: try row.decode("problem"),
            problemSince: try row.decode("problem_since"),
            pending: Int(try row.decode("pending", as: Int64.self)),
            lastDeliveredAt: try row.decode("last_delivered_at"),
            createdAt: try row.decode("created_at"),
            updatedAt: try row.decode("updated_at")
        )
    }
}
