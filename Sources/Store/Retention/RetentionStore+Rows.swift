import Postgres

extension RetentionStore {
    /// What is kept in tables that have no days, and is forgotten row by row.
    public enum Rows: String, Sendable, CaseIterable {
        /// What AWS told.
        case events = "spot_events"
        /// Messages that could not be read.
        case deadLetters = "event_dead_letters"
        /// How far jobs had come; most of them go with their job's day.
        case steps = "job_steps"
        /// What AWS could not provide: forgotten as soon as it may be asked for again.
        case offerings = "unavailable_offerings"
        /// What scans for ghosts saw.
        case ghostScans = "ghost_scans"
        /// Ghosts that were none, and that nobody heard of; the others are the customer's history.
        case ghosts = "ghost_instances"
        /// What customers were told.
        case notifications
    }

    /// Forgets rows that are older than so many days; what belongs to a job without an outcome stays.
    ///
    /// - Parameters:
    ///   - rows: Which.
    ///   - days: The age.
    ///   - limit: How many at most.
    /// - Returns: How many were forgotten; less than the limit if none is left.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func forget(_ rows: Rows, olderThan days: Int, limit: Int) async throws -> Int {
        let isOld = Self.isOld(rows, days)
        return try await pool.execute(
            """
            DELETE FROM \(identifier: rows.rawValue) WHERE ctid = ANY (ARRAY(
                SELECT r.ctid FROM \(identifier: rows.rawValue) r WHERE \(fragment: isOld) LIMIT \(limit)::int))
            """
        )
    }

    private static func isOld(_ rows: Rows, _ days: Int) -> SQL {
        // Ids grow with time, so that their indexes find the oldest.
        let floor: SQL = "uuid_floor(now() - \(days)::int * interval '1 day')"
        return switch rows {
        case .events: "r.event_id < \(fragment: floor) AND \(fragment: hasNoOpenJob)"
        case .deadLetters: "r.letter_id < \(fragment: floor)"
        case .steps: "r.job_id < \(fragment: floor) AND \(fragment: hasNoOpenJob)"
        case .offerings: "r.until <= now()"
        case .ghostScans: "r.job_id < \(fragment: floor)"
        case .ghosts:
            """
            r.ghost_id < \(fragment: floor) AND r.status = 'unflagged'
            AND NOT EXISTS (SELECT FROM ghost_events e WHERE e.ghost_id = r.ghost_id)
            """
        case .notifications:
            // What waits does so for an owner who switches his channel on.
            """
            r.created_at < now() - \(days)::int * interval '1 day' AND (
                r.state <> 'pending' AND r.finished_at < now() - \(days)::int * interval '1 day'
                OR r.state = 'pending' AND NOT EXISTS (
                    SELECT FROM notification_channels c WHERE c.channel_id = r.channel_id AND c.enabled))
            """
        }
    }

    private static let hasNoOpenJob: SQL = """
        NOT EXISTS (SELECT FROM jobs j WHERE j.job_id = r.job_id AND NOT EXISTS (
            SELECT FROM job_attempts a WHERE a.job_id = j.job_id AND a.terminal))
        """
}
