public import FoundationEssentials
public import Postgres

/// What AWS told about machines, and what came of it.
public struct SpotEventStore: Sendable {
    let pool: PostgresPool

    /// - Parameter pool: Connections to the database.
    public init(pool: PostgresPool) {
        self.pool = pool
    }

    /// Which events are listed.
    public struct Filter: Sendable {
        /// Only of this customer.
        public var customerID: UUID?
        /// Only of this cluster.
        public var clusterID: UUID?
        /// Only of this type.
        public var eventType: String?
        /// Only those that have come so far.
        public var status: SpotEventRecord.Status?
        /// Only those that AWS told at or after this.
        public var since: Date?
        /// Only those that AWS told before this.
        public var until: Date?

        /// All events.
        public init(
            customerID: UUID? = nil,
            clusterID: UUID? = nil,
            eventType: String? = nil,
            status: SpotEventRecord.Status? = nil,
            since: Date? = nil,
            until: Date? = nil
        ) {
            self.customerID = customerID
            self.clusterID = clusterID
            self.eventType = eventType
            self.status = status
            self.since = since
            self.until = until
        }
    }

    /// Lists events, those received last first.
    ///
    /// - Parameters:
    ///   - filter: Which.
    ///   - cursor: The id of the last one of the page before.
    ///   - limit: At most this many.
    /// - Returns: Those found.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func list(_ filter: Filter, before cursor: UUID?, limit: Int) async throws -> [SpotEventRecord] {
        // Only the conditions that there are, so that each combination is planned for its index.
        var conditions: SQL = "true"
        if let id = filter.customerID { conditions = "\(fragment: conditions) AND customer_id = \(id)" }
        if let id = filter.clusterID { conditions = "\(fragment: conditions) AND cluster_id = \(id)" }
        if let type = filter.eventType { conditions = "\(fragment: conditions) AND event_type = \(type)" }
        if let status = filter.status {
            conditions = "\(fragment: conditions) AND status = \(status.rawValue)"
        }
        if let since = filter.since { conditions = "\(fragment: conditions) AND event_time >= \(since)" }
        if let until = filter.until { conditions = "\(fragment: conditions) AND event_time < \(until)" }
        if let cursor { conditions = "\(fragment: conditions) AND event_id < \(cursor)" }
        let rows = try await pool.query(
            """
            SELECT * FROM spot_events WHERE \(fragment: conditions)
            ORDER BY event_id DESC LIMIT \(limit)::int
            """
        )
        return try rows.map(Self.event)
    }

    /// Finds one event.
    ///
    /// - Returns: nil if there is none with this id.
    public func find(_ id: UUID) async throws -> SpotEventRecord? {
        try await pool.query("SELECT * FROM spot_events WHERE event_id = \(id)").first.map(Self.event)
    }

    /// The events that a job has, those received first first.
    public func events(of job: UUID) async throws -> [SpotEventRecord] {
        let rows = try await pool.query("SELECT * FROM spot_events WHERE job_id = \(job) ORDER BY event_id")
        return try rows.map(Self.event)
    }

    /// What took the place of a machine the last time that something did.
    ///
    /// - Parameters:
    ///   - instance: The machine that was lost.
    ///   - customer: Whose it was.
    /// - Returns: The event that led to it; nil if nothing has taken its place.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func latestReplacement(of instance: String, customer: UUID) async throws -> SpotEventRecord? {
        let rows = try await pool.query(
            """
            SELECT * FROM spot_events
            WHERE instance_id = \(instance) AND customer_id = \(customer) AND replacement_instance_id IS NOT NULL
            ORDER BY processed_at DESC NULLS LAST, event_id DESC LIMIT 1
            """
        )
        return try rows.first.map(Self.event)
    }

    static func event(_ row: PostgresRow) throws -> SpotEventRecord {
        let drain: Int32? = try row.decode("drain_duration_seconds")
        return SpotEventRecord(
            id: try row.decode("event_id"),
            customerID: try row.decode("customer_id"),
            clusterID: try row.decode("cluster_id"),
            sourceEventID: try row.decode("source_event_id"),
            instanceID: try row.decode("instance_id"),
            nodeName: try row.decode("node_name"),
            eventType: try row.decode("event_type"),
            eventTime: try row.decode("event_time"),
            receivedAt: try row.decode("received_at"),
            detail: try row.decode("detail", as: PostgresJSON?.self)?.bytes,
            queueURL: try row.decode("queue_url"),
            accountID: try row.decode("account_id"),
            region: try row.decode("region"),
            deadline: try row.decode("deadline"),
            jobID: try row.decode("job_id"),
            status: SpotEventRecord.Status(rawValue: try row.decode("status")) ?? .accepted,
            reason: try row.decode("reason"),
            actionTaken: try row.decode("action_taken"),
            replacementInstanceID: try row.decode("replacement_instance_id"),
            drainDurationSeconds: drain.map(Int.init),
            timings: try row.decode("timings", as: PostgresJSON?.self)?.bytes,
            pods: try row.decode("pods", as: PostgresJSON?.self)?.bytes,
            processedAt: try row.decode("processed_at")
        )
    }
}
