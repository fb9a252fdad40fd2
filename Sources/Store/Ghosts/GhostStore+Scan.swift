public import FoundationEssentials
import Postgres

extension GhostStore {
    /// Keeps a ghost that was not known.
    ///
    /// - Returns: False if it is known by now.
    /// - Throws: `PostgresError`.
    public func insert(_ ghost: GhostRecord, in transaction: StoreTransaction) async throws -> Bool {
        let rows = try await transaction.connection.execute(
            """
            INSERT INTO ghost_instances (ghost_id, customer_id, cluster_id, instance_id, instance_type, region, reason,
                evidence, scans_seen, first_seen_at, last_seen_at, detected_at, status, resource_kind,
                availability_zone, market, auto_scaling_group, launched_at, tags, kept_at, kept_by, hourly_price_usd)
            VALUES (\(ghost.id), \(ghost.customerID), \(ghost.clusterID), \(ghost.instanceID), \(ghost.instanceType),
                \(ghost.region), \(ghost.reason), \(ghost.evidence.map(PostgresJSON.init(bytes:))),
                \(Int32(clamping: ghost.scansSeen)), \(ghost.firstSeenAt), \(ghost.lastSeenAt), \(ghost.firstSeenAt),
                \(ghost.status.rawValue), \(ghost.kind.rawValue), \(ghost.zone), \(ghost.market),
                \(ghost.autoScalingGroup), \(ghost.launchedAt), \(PostgresJSON(bytes: ghost.tags)), \(ghost.keptAt),
                \(ghost.keptBy), \(ghost.hourlyPrice)::text::numeric)
            ON CONFLICT DO NOTHING
            """
        )
        return rows == 1
    }

    /// Writes what a scan made of a ghost, if it is still as the scan read it.
    ///
    /// Somebody may have said meanwhile that it is to be kept, or a job may be at work on it: then nothing is written.
    ///
    /// - Returns: False if it has changed.
    /// - Throws: `PostgresError`.
    public func update(_ ghost: GhostRecord, in transaction: StoreTransaction) async throws -> Bool {
        let rows = try await transaction.connection.execute(
            """
            UPDATE ghost_instances SET
                instance_type = \(ghost.instanceType), reason = \(ghost.reason),
                evidence = \(ghost.evidence.map(PostgresJSON.init(bytes:))),
                scans_seen = \(Int32(clamping: ghost.scansSeen)), first_seen_at = \(ghost.firstSeenAt),
                last_seen_at = \(ghost.lastSeenAt), status = \(ghost.status.rawValue),
                availability_zone = \(ghost.zone), market = \(ghost.market),
                auto_scaling_group = \(ghost.autoScalingGroup), launched_at = \(ghost.launchedAt),
                tags = \(PostgresJSON(bytes: ghost.tags)), observed_seconds = \(ghost.observedSeconds),
                grace_seconds = \(ghost.graceSeconds), flagged_at = \(ghost.flaggedAt), due_at = \(ghost.dueAt),
                kept_at = \(ghost.keptAt), kept_by = \(ghost.keptBy), waived_by = \(ghost.waivedBy),
                hourly_price_usd = \(ghost.hourlyPrice)::text::numeric, problem = \(ghost.problem),
                unflagged_at = \(ghost.unflaggedAt), version = version + 1
            WHERE ghost_id = \(ghost.id) AND version = \(ghost.version)
              AND status IN ('detected', 'flagged', 'kept')
            """
        )
        return rows == 1
    }

    /// Tells what people should hear of, in the transaction that makes it so.
    ///
    /// - Parameters:
    ///   - kind: What happened.
    ///   - ghost: About what.
    ///   - job: The job that made it so.
    ///   - detail: More, a JSON object.
    ///   - transaction: The transaction.
    /// - Throws: `PostgresError`.
    public func tell(
        _ kind: GhostEvent.Kind,
        of ghost: GhostRecord,
        job: UUID?,
        detail: [UInt8] = Array("{}".utf8),
        in transaction: StoreTransaction
    ) async throws {
        try await Self.tell(kind, of: ghost, job: job, detail: detail, on: transaction.connection)
    }

    static func tell(
        _ kind: GhostEvent.Kind,
        of ghost: GhostRecord,
        job: UUID?,
        detail: [UInt8],
        on connection: PostgresConnection
    ) async throws {
        _ = try await connection.execute(
            """
            INSERT INTO ghost_events (event_id, customer_id, cluster_id, ghost_id, job_id, kind, detail)
            VALUES (\(UUID.version7()), \(ghost.customerID), \(ghost.clusterID), \(ghost.id), \(job),
                \(kind.rawValue), \(PostgresJSON(bytes: detail)))
            """
        )
        if let event = NotificationEvent.ghost(kind, of: ghost) {
            try await NotificationOutbox.record([event], on: connection)
        }
    }

    /// Keeps what a scan saw, or why it decided nothing; a scan that runs again is kept as it ended last.
    ///
    /// History has an abort once: the next one for the same reason says nothing new. The customer is told of what a
    /// person must look at, and of whatever has kept scans from deciding for a day.
    ///
    /// - Throws: `PostgresError`.
    public func record(_ scan: GhostScanRecord, in transaction: StoreTransaction? = nil) async throws {
        if let transaction { return try await Self.record(scan, on: transaction.connection) }
        try await pool.withTransaction { try await Self.record(scan, on: $0) }
    }

    private static func record(_ scan: GhostScanRecord, on connection: PostgresConnection) async throws {
        if let reason = scan.abortReason {
            _ = try await connection.execute(
                """
                INSERT INTO ghost_events (event_id, customer_id, cluster_id, job_id, kind, detail)
                SELECT \(UUID.version7()), \(scan.customerID), \(scan.clusterID), \(scan.jobID), 'scan_aborted',
                    jsonb_build_object('reason', \(reason)::text, 'detail', \(scan.detail)::text)
                WHERE \(reason)::text IS DISTINCT FROM (
                    SELECT reason FROM ghost_scans WHERE cluster_id = \(scan.clusterID)
                    ORDER BY scanned_at DESC LIMIT 1)
                """
            )
            try await tell(scan, on: connection)
        }
        _ = try await connection.execute(
            """
            INSERT INTO ghost_scans AS known (job_id, customer_id, cluster_id, scanned_at, status, reason, detail,
                machines, nodes, ghosts)
            VALUES (\(scan.jobID), \(scan.customerID), \(scan.clusterID), clock_timestamp(),
                \(scan.abortReason == nil ? "done" : "aborted"), \(scan.abortReason), \(scan.detail),
                \(scan.machines.map { Int32(clamping: $0) }), \(scan.nodes.map { Int32(clamping: $0) }),
                \(scan.ghosts.map { Int32(clamping: $0) }))
            ON CONFLICT (job_id) DO UPDATE SET scanned_at = excluded.scanned_at, status = excluded.status,
                reason = excluded.reason, detail = excluded.detail, machines = excluded.machines,
                nodes = excluded.nodes, ghosts = excluded.ghosts
            """
        )
    }

    private static func tell(_ abort: GhostScanRecord, on connection: PostgresConnection) async throws {
        let rows = try await connection.query(
            """
            SELECT done, clock_timestamp() - coalesce(done, first, clock_timestamp()) > interval '1 day' AS is_long
            FROM (SELECT max(scanned_at) FILTER (WHERE status = 'done') AS done, min(scanned_at) AS first
                FROM ghost_scans WHERE cluster_id = \(abort.clusterID)) AS scans
            """
        )
        guard let row = rows.first, try abort.needsPerson || row.decode("is_long", as: Bool.self) else {
            return
        }
        let event = NotificationEvent.stopped(abort, lastDoneAt: try row.decode("done"))
        try await NotificationOutbox.record([event], on: connection)
    }

    /// Notes what went wrong with a ghost; its state stays.
    public func note(_ problem: String?, with ghost: UUID) async throws {
        _ = try await pool.execute(
            "UPDATE ghost_instances SET problem = \(problem) WHERE ghost_id = \(ghost)"
        )
    }

    /// Closes what was seen of clusters that are not registered any more: registered anew, all is seen for the first time.
    ///
    /// What somebody keeps stays kept, whatever the cluster is called now.
    ///
    /// - Throws: `PostgresError`.
    public func closeThoseOfDeletedClusters(of customer: UUID) async throws {
        _ = try await pool.execute(
            """
            UPDATE ghost_instances g SET status = 'unflagged', reason = 'its cluster is not registered any more',
                unflagged_at = clock_timestamp(), version = g.version + 1
            FROM clusters c
            WHERE g.customer_id = \(customer) AND g.status IN ('detected', 'flagged')
              AND c.cluster_id = g.cluster_id AND c.deleted_at IS NOT NULL
            """
        )
    }

    /// Frees ghosts whose job has ended without saying what came of them.
    ///
    /// One that is gone, by a job that had begun to end it, is terminated; of all others the time begins anew.
    ///
    /// - Parameters:
    ///   - cluster: Whose.
    ///   - kind: Which.
    ///   - present: What EC2 lists as there.
    /// - Throws: `PostgresError`.
    public func freeAbandoned(
        in cluster: UUID,
        kind: GhostRecord.Kind,
        present: [String]
    ) async throws {
        try await pool.withTransaction { connection in
            let rows = try await connection.query(
                """
                UPDATE ghost_instances g SET
                    status = CASE WHEN a.is_ended THEN 'terminated' ELSE 'unflagged' END,
                    reason = 'its job ended without a result',
                    terminated_at = CASE WHEN a.is_ended THEN clock_timestamp() END,
                    unflagged_at = CASE WHEN NOT a.is_ended THEN clock_timestamp() END,
                    version = g.version + 1
                FROM (
                    SELECT o.ghost_id, NOT (o.instance_id = ANY (\(present)::text[]))
                        AND EXISTS (SELECT FROM job_steps s WHERE s.job_id = o.job_id AND s.step = 'acting') AS is_ended
                    FROM ghost_instances o
                    WHERE o.cluster_id = \(cluster) AND o.resource_kind = \(kind.rawValue)
                      AND o.status = 'terminating'
                      AND NOT EXISTS (SELECT FROM jobs j WHERE j.job_id = o.job_id AND NOT EXISTS (
                          SELECT FROM job_attempts t WHERE t.job_id = j.job_id AND t.terminal))
                    FOR UPDATE
                ) a
                WHERE g.ghost_id = a.ghost_id
                RETURNING g.*, g.hourly_price_usd::text AS price
                """
            )
            for ghost in try rows.map(Self.ghost) {
                let kind: GhostEvent.Kind = ghost.status == .terminated ? .terminated : .cleared
                try await Self.tell(
                    kind,
                    of: ghost,
                    job: ghost.jobID,
                    detail: Array(#"{"reason":"its job ended without a result"}"#.utf8),
                    on: connection
                )
            }
        }
    }
}
