public import FoundationEssentials
import Postgres

extension SpotEventStore {
    /// Says what came of the events that a job has; a job that is run again says it again.
    ///
    /// An event that came late stays `late` when its job ends well: the pods were not saved. The customer is told.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - result: What came of them.
    /// - Returns: The ids of the events that this finished.
    /// - Throws: `PostgresError` if the database cannot be asked.
    @discardableResult
    public func finish(eventsOf job: UUID, _ result: SpotEventResult) async throws -> [UUID] {
        let assignments = Self.assignments(result)
        return try await pool.withTransaction { connection in
            let rows = try await connection.query(
                "UPDATE spot_events SET \(fragment: assignments) WHERE job_id = \(job) RETURNING *"
            )
            let events = try rows.map(Self.event)
            try await Self.tell(events, on: connection)
            return events.map(\.id)
        }
    }

    /// Tells what came of events, once for each job.
    private static func tell(_ events: [SpotEventRecord], on connection: PostgresConnection) async throws {
        let news = try events.sorted { $0.id.text < $1.id.text }.flatMap(NotificationEvent.finished)
        try await NotificationOutbox.record(news, on: connection)
    }

    /// Says what came of one event, again if need be.
    ///
    /// - Returns: False if there is none with this id.
    /// - Throws: `PostgresError` if the database cannot be asked.
    @discardableResult
    public func finish(_ event: UUID, _ result: SpotEventResult) async throws -> Bool {
        try await pool.execute(
            "UPDATE spot_events SET \(fragment: Self.assignments(result)) WHERE event_id = \(event)"
        ) == 1
    }

    private static func assignments(_ result: SpotEventResult) -> SQL {
        """
        status = CASE WHEN status = 'late' AND \(result.status.rawValue)::text = 'handled' THEN 'late'
                      ELSE \(result.status.rawValue)::text END,
        reason = coalesce(\(result.reason)::text, reason),
        action_taken = \(result.actionTaken),
        cluster_id = coalesce(\(result.clusterID)::uuid, cluster_id),
        node_name = coalesce(\(result.nodeName)::text, node_name),
        replacement_instance_id = \(result.replacementInstanceID),
        drain_duration_seconds = \(result.drainDurationSeconds.map { Int32(clamping: $0) })::int,
        timings = \(result.timings.map(PostgresJSON.init(bytes:)))::jsonb,
        pods = \(result.pods.map(PostgresJSON.init(bytes:)))::jsonb,
        processed_at = clock_timestamp()
        """
    }

    /// Finishes events whose job has ended without saying what came of them.
    ///
    /// A job may run out of time before any worker has it, and an event may be given to a job in its last moment.
    ///
    /// - Parameters:
    ///   - age: How long ago the job must have ended.
    ///   - limit: At most this many events.
    /// - Returns: How many were finished.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func settleEnded(after age: Duration = .seconds(5), limit: Int = 1000) async throws -> Int {
        try await pool.withTransaction { connection in
            try await Self.settleEnded(after: age, limit: limit, on: connection)
        }
    }

    private static func settleEnded(
        after age: Duration,
        limit: Int,
        on connection: PostgresConnection
    ) async throws -> Int {
        let rows = try await connection.query(
            """
            WITH ended AS (
                SELECT e.event_id, a.status, a.finished_at AS ended_at,
                    told.action_taken, told.replacement_instance_id
                FROM spot_events e
                JOIN job_attempts a ON a.job_id = e.job_id AND a.terminal
                LEFT JOIN LATERAL (
                    SELECT o.action_taken, o.replacement_instance_id FROM spot_events o
                    WHERE o.job_id = e.job_id AND o.instance_id = e.instance_id AND o.processed_at IS NOT NULL
                    ORDER BY o.event_id LIMIT 1
                ) told ON true
                WHERE e.job_id IS NOT NULL AND e.processed_at IS NULL
                  AND a.recorded_at < clock_timestamp() - \(age.seconds)::double precision * interval '1 second'
                ORDER BY e.event_id LIMIT \(limit)::int
                FOR UPDATE OF e SKIP LOCKED
            )
            UPDATE spot_events e
            SET status = CASE WHEN e.status = 'late' THEN 'late' WHEN ended.status = 'success' THEN 'handled'
                              ELSE 'failed' END,
                reason = coalesce(e.reason, CASE WHEN ended.status <> 'success' THEN 'its job ended: ' || ended.status END),
                action_taken = coalesce(e.action_taken, ended.action_taken),
                replacement_instance_id = coalesce(e.replacement_instance_id, ended.replacement_instance_id),
                processed_at = ended.ended_at
            FROM ended WHERE e.event_id = ended.event_id
            RETURNING e.*
            """
        )
        let events = try rows.map(Self.event)
        try await tell(events.filter { $0.status == .failed }, on: connection)
        return events.count
    }
}
