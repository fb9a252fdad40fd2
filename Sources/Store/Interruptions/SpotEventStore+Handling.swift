public import FoundationEssentials
import Postgres

/// What the job that handles events reads and writes beside them.
extension SpotEventStore {
    /// A node as it was last seen on a machine.
    public struct KnownNode: Sendable, Equatable {
        /// The cluster it is in.
        public var clusterID: UUID
        /// Its name.
        public var name: String
    }

    /// Finds the node that was last seen on a machine.
    ///
    /// - Parameters:
    ///   - instance: The machine.
    ///   - customer: Only in this customer's clusters.
    /// - Returns: nil if there is none.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func node(on instance: String, of customer: UUID) async throws -> KnownNode? {
        let rows = try await pool.query(
            """
            SELECT n.cluster_id, n.node_name FROM nodes n JOIN clusters c USING (cluster_id)
            WHERE n.instance_id = \(instance) AND c.customer_id = \(customer) AND c.deleted_at IS NULL
              AND n.gone_at IS NULL
            ORDER BY n.last_seen_at DESC LIMIT 1
            """
        )
        return try rows.first.map { row in
            KnownNode(
                clusterID: try row.decode("cluster_id"),
                name: try row.decode("node_name")
            )
        }
    }

    /// Lists a customer's clusters that can be asked.
    public func clusters(of customer: UUID) async throws -> [UUID] {
        let rows = try await pool.query(
            """
            SELECT cluster_id FROM clusters
            WHERE customer_id = \(customer) AND deleted_at IS NULL AND status = 'active' ORDER BY cluster_id
            """
        )
        return try rows.map { try $0.decode("cluster_id") }
    }

    /// Whether a machine has another event that is more urgent than a job: its time is then shorter than the job knows.
    ///
    /// - Parameters:
    ///   - instance: The machine.
    ///   - customer: Whose it is.
    ///   - job: Which has a deadline of its own.
    ///   - deadline: That deadline.
    /// - Returns: Whether there is one.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func isNeededSooner(
        _ instance: String,
        of customer: UUID,
        than job: UUID,
        deadline: Date
    ) async throws -> Bool {
        let rows = try await pool.query(
            """
            SELECT EXISTS (SELECT FROM spot_events
                WHERE customer_id = \(customer) AND instance_id = \(instance) AND status = 'accepted'
                  AND job_id IS DISTINCT FROM \(job) AND deadline < \(deadline)) AS found
            """
        )
        return try rows.first?.decode("found") ?? false
    }

    /// Keeps an event for a job that somebody submitted by hand, so that the history is whole.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - customer: Whose it is.
    ///   - instance: The machine.
    ///   - kind: What happens to it.
    ///   - time: When AWS said so.
    ///   - deadline: When the machine is lost.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func ensureEvent(
        of job: UUID,
        customer: UUID,
        instance: String,
        kind: String,
        time: Date,
        deadline: Date?
    ) async throws {
        _ = try await pool.execute(
            """
            INSERT INTO spot_events (event_id, customer_id, instance_id, event_type, event_time, source_event_id,
                deadline, job_id)
            SELECT \(UUID.version7()), \(customer), \(instance), \(kind), \(time), \("job:" + job.text),
                \(deadline), \(job)
            WHERE NOT EXISTS (SELECT FROM spot_events WHERE job_id = \(job))
            ON CONFLICT DO NOTHING
            """
        )
    }

    /// Notes the replacement of a machine, as soon as there is one; the customer is told.
    public func launched(_ replacement: String, by job: UUID) async throws {
        try await pool.withTransaction { connection in
            let rows = try await connection.query(
                """
                UPDATE spot_events SET replacement_instance_id = \(replacement) WHERE job_id = \(job) RETURNING *
                """
            )
            let events = try rows.map(Self.event).sorted { $0.id.text < $1.id.text }
            let news = events.first.flatMap { NotificationEvent.launched(replacement, for: $0) }
            try await NotificationOutbox.record(news.map { [$0] } ?? [], on: connection)
        }
    }

    /// Adds timings to all events of a job, after its end.
    public func add(timings: [UInt8], reason: String?, failed: Bool, to job: UUID) async throws {
        _ = try await pool.execute(
            """
            UPDATE spot_events SET timings = coalesce(timings, '{}'::jsonb) || \(PostgresJSON(bytes: timings)),
                reason = coalesce(\(reason), reason), status = CASE WHEN \(failed) THEN 'failed' ELSE status END
            WHERE job_id = \(job)
            """
        )
    }
}
