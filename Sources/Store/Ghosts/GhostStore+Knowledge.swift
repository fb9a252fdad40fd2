public import FoundationEssentials
import Postgres

extension GhostStore {
    /// Every registered cluster of a customer, whatever is done with it.
    public func clusters(of customer: UUID) async throws -> [UUID] {
        let rows = try await pool.query(
            """
            SELECT cluster_id FROM clusters WHERE customer_id = \(customer) AND deleted_at IS NULL ORDER BY cluster_id
            """
        )
        return try rows.map { try $0.decode("cluster_id") }
    }

    /// A machine that we have seen as a node.
    public struct KnownNode: Sendable, Equatable {
        /// The machine.
        public let instanceID: String
        /// The cluster.
        public let clusterID: UUID
        /// When it was last seen.
        public let lastSeenAt: Date
        /// Whether it is a node no more.
        public let isGone: Bool
    }

    /// What our records of nodes say about machines, of any customer: an account may be shared.
    public func knownNodes(on instances: [String]) async throws -> [KnownNode] {
        guard !instances.isEmpty else { return [] }
        let rows = try await pool.query(
            """
            SELECT n.instance_id, n.cluster_id, coalesce(n.gone_at, n.last_seen_at) AS seen,
                (n.gone_at IS NOT NULL OR c.deleted_at IS NOT NULL) AS is_gone
            FROM nodes n JOIN clusters c USING (cluster_id)
            WHERE n.instance_id = ANY (\(instances)::text[])
            """
        )
        return try rows.map { row in
            KnownNode(
                instanceID: try row.decode("instance_id"),
                clusterID: try row.decode("cluster_id"),
                lastSeenAt: try row.decode("seen"),
                isGone: try row.decode("is_gone")
            )
        }
    }

    /// The machines that unfinished jobs are about, or have just launched.
    ///
    /// - Parameters:
    ///   - instances: The machines.
    ///   - jobs: The jobs that the tags of machines name, by machine.
    ///   - customer: Whose.
    /// - Returns: Those of the machines.
    /// - Throws: `PostgresError`.
    public func busy(
        _ instances: [String],
        jobs: [String: UUID],
        of customer: UUID
    ) async throws -> Set<String> {
        guard !instances.isEmpty else { return [] }
        let tagged = Array(jobs)
        let rows = try await pool.query(
            """
            WITH open AS (
                SELECT j.job_id, j.type, j.parameters FROM jobs j
                WHERE j.customer_id = \(customer) AND j.submitted_at > now() - interval '3 days'
                  AND j.type NOT IN ('terminate-ghost', 'scan-ghosts')
                  AND NOT EXISTS (SELECT FROM job_attempts a WHERE a.job_id = j.job_id AND a.terminal)
            ), tagged AS (
                SELECT * FROM unnest(\(tagged.map(\.key))::text[], \(tagged.map(\.value))::uuid[]) AS t (instance, job)
            )
            SELECT parameters ->> 'instance_id' AS instance FROM open
            WHERE parameters ->> 'instance_id' = ANY (\(instances)::text[])
            UNION
            SELECT t.instance FROM tagged t
            WHERE EXISTS (SELECT FROM open o WHERE o.job_id = t.job OR o.parameters ->> 'interruption' = t.job::text)
            UNION
            SELECT e.replacement_instance_id FROM spot_events e
            WHERE e.customer_id = \(customer) AND e.replacement_instance_id = ANY (\(instances)::text[])
              AND (e.processed_at IS NULL OR EXISTS (SELECT FROM open o
                  WHERE o.job_id = e.job_id OR o.parameters ->> 'interruption' = e.job_id::text))
            """
        )
        return Set(try rows.map { try $0.decode("instance", as: String.self) })
    }

    /// Lists what happened, the last first.
    ///
    /// - Parameters:
    ///   - customer: Only of this one.
    ///   - cluster: Only of this one.
    ///   - ghost: Only about this one.
    ///   - cursor: The id of the last one of the page before.
    ///   - limit: At most this many.
    /// - Returns: Those found.
    /// - Throws: `PostgresError`.
    public func events(
        of customer: UUID?,
        cluster: UUID? = nil,
        ghost: UUID? = nil,
        before cursor: UUID? = nil,
        limit: Int
    ) async throws -> [GhostEvent] {
        var conditions: SQL = "true"
        if let customer { conditions = "\(fragment: conditions) AND customer_id = \(customer)" }
        if let cluster { conditions = "\(fragment: conditions) AND cluster_id = \(cluster)" }
        if let ghost { conditions = "\(fragment: conditions) AND ghost_id = \(ghost)" }
        if let cursor { conditions = "\(fragment: conditions) AND event_id < \(cursor)" }
        let rows = try await pool.query(
            """
            SELECT * FROM ghost_events WHERE \(fragment: conditions) ORDER BY event_id DESC LIMIT \(limit)::int
            """
        )
        return try rows.map { row in
            guard let kind = GhostEvent.Kind(rawValue: try row.decode("kind")) else {
                throw GhostStoreError.unknownState
            }
            return GhostEvent(
                id: try row.decode("event_id"),
                customerID: try row.decode("customer_id"),
                clusterID: try row.decode("cluster_id"),
                ghostID: try row.decode("ghost_id"),
                jobID: try row.decode("job_id"),
                kind: kind,
                detail: try row.decode("detail", as: PostgresJSON.self).bytes,
                happenedAt: try row.decode("happened_at")
            )
        }
    }

    /// Lists scans, the last first.
    public func scans(of customer: UUID?, cluster: UUID?, limit: Int) async throws -> [GhostScanRecord] {
        var conditions: SQL = "true"
        if let customer { conditions = "\(fragment: conditions) AND customer_id = \(customer)" }
        if let cluster { conditions = "\(fragment: conditions) AND cluster_id = \(cluster)" }
        let rows = try await pool.query(
            """
            SELECT * FROM ghost_scans WHERE \(fragment: conditions) ORDER BY scanned_at DESC LIMIT \(limit)::int
            """
        )
        return try rows.map { row in
            GhostScanRecord(
                jobID: try row.decode("job_id"),
                customerID: try row.decode("customer_id"),
                clusterID: try row.decode("cluster_id"),
                scannedAt: try row.decode("scanned_at"),
                abortReason: try row.decode("reason"),
                detail: try row.decode("detail"),
                machines: try row.decode("machines", as: Int32?.self).map(Int.init),
                nodes: try row.decode("nodes", as: Int32?.self).map(Int.init),
                ghosts: try row.decode("ghosts", as: Int32?.self).map(Int.init)
            )
        }
    }
}
