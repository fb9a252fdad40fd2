public import FoundationEssentials
import Postgres

extension GhostStore {
    /// Whether a job may go on to terminate a ghost.
    public enum Beginning: Sendable, Equatable {
        /// It may, and whoever would keep the ghost now is told that it is too late.
        case begun(GhostRecord)
        /// The ghost is not flagged any more.
        case notFlagged(GhostRecord)
        /// As many of the customer's were terminated in 24 hours as may be.
        case capReached
        /// It is switched off.
        case switchedOff
        /// There is no such ghost.
        case unknown
    }

    /// Gives a ghost to the job that terminates it, within the customer's cap; a job that has it already keeps it.
    ///
    /// - Parameters:
    ///   - id: The ghost.
    ///   - job: The job.
    ///   - version: The ghost as the job looked at it; whatever changed since, it must look again.
    ///   - perDay: How many of a customer's may be terminated in 24 hours.
    /// - Returns: Whether it may go on.
    /// - Throws: `PostgresError`.
    public func begin(
        _ id: UUID,
        by job: UUID,
        version: Int64,
        perDay: Int
    ) async throws -> Beginning {
        try await pool.withTransaction { connection in
            _ = try await connection.query("SELECT pg_advisory_xact_lock(\(Self.switchLock))")
            let rows = try await connection.query(
                "SELECT \(unescaped: Self.columns) FROM ghost_instances WHERE ghost_id = \(id) FOR UPDATE"
            )
            guard let ghost = try rows.first.map(Self.ghost) else { return .unknown }
            if try await Self.isOff(for: ghost.customerID, on: connection) { return .switchedOff }
            if ghost.status == .terminating, ghost.jobID == job { return .begun(ghost) }
            guard ghost.status == .flagged, ghost.version == version else { return .notFlagged(ghost) }
            let counted = try await connection.query(
                """
                SELECT count(*)::bigint AS ended FROM ghost_instances
                WHERE customer_id = \(ghost.customerID)
                  AND (status = 'terminating' OR terminated_at > clock_timestamp() - interval '24 hours')
                """
            )
            guard let ended = try counted.first?.decode("ended", as: Int64.self), ended < perDay else {
                try await Self.tell(
                    .capReached,
                    of: ghost,
                    job: job,
                    detail: Array(#"{"per_day":\#(perDay)}"#.utf8),
                    on: connection
                )
                return .capReached
            }
            let changed = try await connection.query(
                """
                UPDATE ghost_instances SET status = 'terminating', job_id = \(job), problem = NULL, version = version + 1
                WHERE ghost_id = \(id)
                RETURNING *, hourly_price_usd::text AS price
                """
            )
            guard let row = changed.first else { return .unknown }
            return .begun(try Self.ghost(row))
        }
    }

    /// Gives a ghost back that is not terminated after all.
    ///
    /// - Parameters:
    ///   - id: The ghost.
    ///   - job: The job that had it.
    ///   - status: `flagged` if it may be tried again, `kept` if its tag says so, `unflagged` if it is none.
    ///   - reason: Why.
    ///   - event: What people should hear, if they should.
    /// - Returns: False if the job did not have it.
    /// - Throws: `PostgresError`.
    @discardableResult
    public func giveBack(
        _ id: UUID,
        by job: UUID,
        as status: GhostRecord.Status,
        reason: String,
        event: GhostEvent.Kind?
    ) async throws -> Bool {
        try await pool.withTransaction { connection in
            let rows = try await connection.query(
                """
                UPDATE ghost_instances SET status = \(status.rawValue), reason = \(reason),
                    problem = CASE WHEN \(status.rawValue)::text = 'flagged' THEN \(reason)::text END,
                    kept_at = CASE WHEN \(status.rawValue)::text = 'kept' THEN clock_timestamp() END,
                    kept_by = CASE WHEN \(status.rawValue)::text = 'kept' THEN \(GhostRecord.keptByTag)::text END,
                    unflagged_at = CASE WHEN \(status.rawValue)::text = 'unflagged' THEN clock_timestamp() END,
                    waived_by = CASE WHEN \(status.rawValue)::text = 'flagged' THEN waived_by END,
                    version = version + 1
                WHERE ghost_id = \(id) AND (
                    (status = 'terminating' AND job_id = \(job)) OR (status = 'flagged' AND \(status.rawValue)::text <> 'flagged'))
                RETURNING *, hourly_price_usd::text AS price
                """
            )
            guard let row = rows.first else { return false }
            if let event {
                let detail = try JSONValue.object(["reason": .string(reason)]).serialized()
                try await Self.tell(event, of: try Self.ghost(row), job: job, detail: detail, on: connection)
            }
            return true
        }
    }

    /// Notes that a ghost is gone: once, whoever says it again.
    ///
    /// - Parameters:
    ///   - id: The ghost.
    ///   - job: The job that ended it.
    ///   - snapshot: The copy of a disk.
    ///   - detail: What people should hear, a JSON object.
    /// - Returns: False if it was noted before.
    /// - Throws: `PostgresError`.
    @discardableResult
    public func terminated(
        _ id: UUID,
        by job: UUID,
        snapshot: String?,
        detail: [UInt8]
    ) async throws -> Bool {
        try await pool.withTransaction { connection in
            let rows = try await connection.query(
                """
                UPDATE ghost_instances SET status = 'terminated', terminated_at = clock_timestamp(),
                    snapshot_id = \(snapshot), problem = NULL, version = version + 1
                WHERE ghost_id = \(id) AND status = 'terminating' AND job_id = \(job)
                RETURNING *, hourly_price_usd::text AS price
                """
            )
            guard let row = rows.first else { return false }
            try await Self.tell(
                .terminated,
                of: try Self.ghost(row),
                job: job,
                detail: detail,
                on: connection
            )
            return true
        }
    }
}
