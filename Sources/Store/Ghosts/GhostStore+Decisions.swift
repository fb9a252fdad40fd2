public import FoundationEssentials
import Postgres

/// What came of somebody's word about a ghost.
public enum GhostVerdict: Sendable, Equatable {
    /// It is so now.
    case done(GhostRecord)
    /// Its state does not allow it.
    case refused(GhostRecord)
}

extension GhostStore {
    /// Keeps a ghost from being terminated, until somebody says otherwise.
    ///
    /// Good until the moment in which a job begins to terminate it: the two never both succeed.
    ///
    /// - Returns: nil if there is none with this id.
    /// - Throws: `PostgresError`.
    public func keep(_ id: UUID, by name: String) async throws -> GhostVerdict? {
        try await decide(id, .kept, by: name) { connection in
            try await connection.query(
                """
                UPDATE ghost_instances SET status = 'kept', kept_at = clock_timestamp(), kept_by = \(name),
                    waived_by = NULL, version = version + 1
                WHERE ghost_id = \(id) AND status IN ('detected', 'flagged', 'kept')
                RETURNING *, hourly_price_usd::text AS price
                """
            )
        }
    }

    /// Keeps a ghost no more: if it still is one, the next scan sees it for the first time.
    ///
    /// One that is kept by its tag is kept until the tag is gone.
    ///
    /// - Returns: nil if there is none with this id.
    /// - Throws: `PostgresError`.
    public func unkeep(_ id: UUID, by name: String) async throws -> GhostVerdict? {
        try await decide(id, .unkept, by: name) { connection in
            try await connection.query(
                """
                UPDATE ghost_instances SET status = 'unflagged', reason = 'kept no more', unflagged_at = clock_timestamp(),
                    version = version + 1
                WHERE ghost_id = \(id) AND status = 'kept' AND kept_by <> \(GhostRecord.keptByTag)
                RETURNING *, hourly_price_usd::text AS price
                """
            )
        }
    }

    /// Lets a flagged ghost be terminated before its grace is over.
    ///
    /// - Returns: nil if there is none with this id.
    /// - Throws: `PostgresError`.
    public func waive(_ id: UUID, by name: String) async throws -> GhostVerdict? {
        try await decide(id, .waived, by: name) { connection in
            try await connection.query(
                """
                UPDATE ghost_instances SET waived_by = \(name), version = version + 1
                WHERE ghost_id = \(id) AND status = 'flagged'
                RETURNING *, hourly_price_usd::text AS price
                """
            )
        }
    }

    private func decide(
        _ id: UUID,
        _ kind: GhostEvent.Kind,
        by name: String,
        _ change: (PostgresConnection) async throws -> PostgresRows
    ) async throws -> GhostVerdict? {
        try await pool.withTransaction { connection in
            if let row = try await change(connection).first {
                let ghost = try Self.ghost(row)
                let detail = try JSONValue.object(["by": .string(name)]).serialized()
                try await Self.tell(kind, of: ghost, job: nil, detail: detail, on: connection)
                return .done(ghost)
            }
            let rows = try await connection.query(
                "SELECT \(unescaped: Self.columns) FROM ghost_instances WHERE ghost_id = \(id)"
            )
            return try rows.first.map { .refused(try Self.ghost($0)) }
        }
    }

    // MARK: - Switches

    /// Whether nothing is to be scanned or terminated for a customer.
    public struct Switch: Sendable, Equatable {
        /// Whether it is off.
        public var isOff: Bool
        /// Why.
        public var reason: String?
        /// Who said so.
        public var changedBy: String?
        /// When.
        public var changedAt: Date?
    }

    /// How it is switched for a customer alone, or for the fleet.
    public func theSwitch(of customer: UUID?) async throws -> Switch {
        let rows = try await pool.query(
            "SELECT * FROM ghost_switches WHERE scope = \(Self.scope(customer))"
        )
        guard let row = rows.first else { return Switch(isOff: false) }
        return Switch(
            isOff: try row.decode("is_off"),
            reason: try row.decode("reason"),
            changedBy: try row.decode("changed_by"),
            changedAt: try row.decode("changed_at")
        )
    }

    /// Switches it off or on for a customer, or for the fleet.
    public func set(off isOff: Bool, of customer: UUID?, reason: String?, by name: String) async throws {
        try await pool.withTransaction { connection in
            // What is about to act holds this lock while it looks.
            _ = try await connection.query("SELECT pg_advisory_xact_lock(\(Self.switchLock))")
            _ = try await connection.execute(
                """
                INSERT INTO ghost_switches (scope, is_off, reason, changed_by)
                VALUES (\(Self.scope(customer)), \(isOff), \(reason), \(name))
                ON CONFLICT (scope) DO UPDATE SET is_off = excluded.is_off, reason = excluded.reason,
                    changed_by = excluded.changed_by, changed_at = now()
                """
            )
            guard let customer else { return }
            let detail = try JSONValue.object(["by": .string(name), "off": .bool(isOff)]).serialized()
            _ = try await connection.execute(
                """
                INSERT INTO ghost_events (event_id, customer_id, kind, detail)
                VALUES (\(UUID.version7()), \(customer), 'switched', \(PostgresJSON(bytes: detail)))
                """
            )
        }
    }

    /// Whether it is off for a customer, by its own switch or the fleet's.
    public func isOff(for customer: UUID) async throws -> Bool {
        try await pool.withConnection { try await Self.isOff(for: customer, on: $0) }
    }

    static func isOff(for customer: UUID, on connection: PostgresConnection) async throws -> Bool {
        let rows = try await connection.query(
            """
            SELECT EXISTS (SELECT FROM ghost_switches
                WHERE is_off AND scope IN ('fleet', \(scope(customer)))) AS is_off
            """
        )
        // Who cannot be answered is answered with yes.
        return try rows.first?.decode("is_off") ?? true
    }

    private static func scope(_ customer: UUID?) -> String { customer?.text ?? "fleet" }

    static let switchLock: Int64 = 0x6768_6F73_7473
}
