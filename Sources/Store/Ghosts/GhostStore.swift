public import FoundationEssentials
public import Postgres

/// Machines and disks that serve nobody.
///
/// Every change is made on the version that was read, and tells in the same transaction what people should hear.
public struct GhostStore: Sendable {
    let pool: PostgresPool

    /// - Parameter pool: Connections to the database.
    public init(pool: PostgresPool) {
        self.pool = pool
    }

    /// The database's time, by which all of this is decided.
    public func now() async throws -> Date {
        guard let row = try await pool.query("SELECT clock_timestamp() AS now").first else {
            throw GhostStoreError.noTime
        }
        return try row.decode("now")
    }

    /// Those of a cluster that scans still look at.
    public func open(in cluster: UUID, kind: GhostRecord.Kind) async throws -> [GhostRecord] {
        let rows = try await pool.query(
            """
            SELECT \(unescaped: Self.columns) FROM ghost_instances
            WHERE cluster_id = \(cluster) AND resource_kind = \(kind.rawValue)
              AND status IN ('detected', 'flagged', 'kept', 'terminating')
            ORDER BY ghost_id
            """
        )
        return try rows.map(Self.ghost)
    }

    /// The one of a customer's machines, or disks, that scans still look at.
    ///
    /// - Returns: nil if there is none.
    public func open(_ instance: String, of customer: UUID) async throws -> GhostRecord? {
        let rows = try await pool.query(
            """
            SELECT \(unescaped: Self.columns) FROM ghost_instances
            WHERE customer_id = \(customer) AND instance_id = \(instance)
              AND status IN ('detected', 'flagged', 'kept', 'terminating')
            """
        )
        return try rows.first.map(Self.ghost)
    }

    /// Finds one.
    ///
    /// - Returns: nil if there is none with this id.
    public func find(_ id: UUID) async throws -> GhostRecord? {
        let rows = try await pool.query(
            "SELECT \(unescaped: Self.columns) FROM ghost_instances WHERE ghost_id = \(id)"
        )
        return try rows.first.map(Self.ghost)
    }

    /// Which ghosts are listed.
    public struct Filter: Sendable {
        /// Only of this customer.
        public var customerID: UUID?
        /// Only of this cluster.
        public var clusterID: UUID?
        /// Only these.
        public var status: GhostRecord.Status?
        /// Only these.
        public var kind: GhostRecord.Kind?

        /// All.
        public init(
            customerID: UUID? = nil,
            clusterID: UUID? = nil,
            status: GhostRecord.Status? = nil,
            kind: GhostRecord.Kind? = nil
        ) {
            self.customerID = customerID
            self.clusterID = clusterID
            self.status = status
            self.kind = kind
        }
    }

    /// Lists ghosts, those seen first last.
    ///
    /// - Parameters:
    ///   - filter: Which.
    ///   - cursor: The id of the last one of the page before.
    ///   - limit: At most this many.
    /// - Returns: Those found.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func list(_ filter: Filter, before cursor: UUID?, limit: Int) async throws -> [GhostRecord] {
        var conditions: SQL = "true"
        if let id = filter.customerID { conditions = "\(fragment: conditions) AND customer_id = \(id)" }
        if let id = filter.clusterID { conditions = "\(fragment: conditions) AND cluster_id = \(id)" }
        if let status = filter.status {
            conditions = "\(fragment: conditions) AND status = \(status.rawValue)"
        }
        if let kind = filter.kind {
            conditions = "\(fragment: conditions) AND resource_kind = \(kind.rawValue)"
        }
        if let cursor { conditions = "\(fragment: conditions) AND ghost_id < \(cursor)" }
        let rows = try await pool.query(
            """
            SELECT \(unescaped: Self.columns) FROM ghost_instances WHERE \(fragment: conditions)
            ORDER BY ghost_id DESC LIMIT \(limit)::int
            """
        )
        return try rows.map(Self.ghost)
    }

    static let columns: StaticString = """
        ghost_id, customer_id, cluster_id, instance_id, instance_type, region, reason, evidence, scans_seen, \
        first_seen_at, last_seen_at, unflagged_at, terminated_at, status, resource_kind, availability_zone, market, \
        auto_scaling_group, launched_at, tags, observed_seconds, grace_seconds, flagged_at, due_at, kept_at, kept_by, \
        waived_by, hourly_price_usd::text AS price, snapshot_id, job_id, problem, version
        """

    static func ghost(_ row: PostgresRow) throws -> GhostRecord {
        guard let status = GhostRecord.Status(rawValue: try row.decode("status")),
            let kind = GhostRecord.Kind(rawValue: try row.decode("resource_kind"))
        else { throw GhostStoreError.unknownState }
        var ghost = GhostRecord(
            id: try row.decode("ghost_id"),
            kind: kind,
            customerID: try row.decode("customer_id"),
            clusterID: try row.decode("cluster_id"),
            instanceID: try row.decode("instance_id"),
            region: try row.decode("region", as: String?.self) ?? "",
            tags: try row.decode("tags", as: PostgresJSON.self).bytes,
            status: status,
            scansSeen: Int(try row.decode("scans_seen", as: Int32.self)),
            firstSeenAt: try row.decode("first_seen_at"),
            lastSeenAt: try row.decode("last_seen_at"),
            observedSeconds: try row.decode("observed_seconds"),
            graceSeconds: try row.decode("grace_seconds"),
            version: try row.decode("version")
        )
        ghost.instanceType = try row.decode("instance_type")
        ghost.zone = try row.decode("availability_zone")
        ghost.market = try row.decode("market")
        ghost.autoScalingGroup = try row.decode("auto_scaling_group")
        ghost.launchedAt = try row.decode("launched_at")
        ghost.reason = try row.decode("reason")
        ghost.evidence = try row.decode("evidence", as: PostgresJSON?.self)?.bytes
        ghost.flaggedAt = try row.decode("flagged_at")
        ghost.dueAt = try row.decode("due_at")
        ghost.keptAt = try row.decode("kept_at")
        ghost.keptBy = try row.decode("kept_by")
        ghost.waivedBy = try row.decode("waived_by")
        ghost.hourlyPrice = try row.decode("price")
        ghost.snapshotID = try row.decode("snapshot_id")
        ghost.jobID = try row.decode("job_id")
        ghost.problem = try row.decode("problem")
        ghost.unflaggedAt = try row.decode("unflagged_at")
        ghost.terminatedAt = try row.decode("terminated_at")
        return ghost
    }
}

/// The store is not what it must be.
public enum GhostStoreError: Error {
    /// The database did not say what time it is.
    case noTime
    /// A row is in a state that this release does not know: nothing may be done about it.
    case unknownState
}
