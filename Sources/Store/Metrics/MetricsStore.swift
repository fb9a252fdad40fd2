public import FoundationEssentials
public import Postgres

/// The nodes and the time series of the clusters.
public struct MetricsStore: Sendable {
    private let pool: PostgresPool
    private let schema: Schema

    /// - Parameter pool: Connections to the database.
    public init(pool: PostgresPool) {
        self.pool = pool
        schema = Schema(pool: pool)
    }

    /// Keeps a sample: nodes upserted, gone ones marked, one point a series, the cluster's latest view.
    ///
    /// All or nothing. A job that runs twice leaves one sample; an older sample never overwrites a newer view.
    ///
    /// - Returns: False if the job had left its sample already, or the cluster was deleted meanwhile.
    public func keep(_ sample: ClusterSample) async throws -> Bool {
        do {
            return try await keepOnce(sample)
        } catch  where (error as? PostgresError)?.sqlState == "23514" {
            try await schema.ensurePartitions(around: sample.takenAt)
            return try await keepOnce(sample)
        }
    }

    private func keepOnce(_ sample: ClusterSample) async throws -> Bool {
        try await pool.withTransaction { connection in
            // The row lock makes two samples of one cluster take turns.
            let cluster = try await connection.query(
                """
                SELECT last_collected_at IS NULL OR last_collected_at <= \(sample.takenAt) AS is_newest
                FROM clusters WHERE cluster_id = \(sample.clusterID) AND deleted_at IS NULL FOR UPDATE
                """
            )
            guard let isNewest = try cluster.first?.decode("is_newest", as: Bool.self) else { return false }
            let points = try await connection.execute(
                """
                INSERT INTO metrics_summary (cluster_id, metric_type, value, "timestamp", job_id)
                SELECT \(sample.clusterID), i.name, i.value::numeric, \(sample.takenAt)::timestamptz, \(sample.jobID)
                FROM unnest(\(sample.series.map(\.name))::text[], \(sample.series.map(\.value))::text[])
                    AS i (name, value)
                WHERE NOT EXISTS (
                    SELECT FROM metrics_summary m
                    WHERE m.cluster_id = \(sample.clusterID) AND m.job_id = \(sample.jobID) AND m.metric_type = i.name
                      AND m."timestamp" > \(sample.takenAt)::timestamptz - interval '1 day')
                """
            )
            guard points > 0 else { return false }
            guard isNewest else { return true }
            try await Self.upsert(sample, on: connection)
            _ = try await connection.execute(
                """
                UPDATE clusters SET node_count = \(sample.nodes.count)::int, health = \(sample.health.rawValue),
                    health_reason = \(sample.healthReason), estimated_cost_per_hour = \(sample.costPerHour)::text::numeric,
                    unpriced_nodes = \(sample.unpricedNodes)::int, latest_metrics = \(PostgresJSON(bytes: sample.metrics)),
                    last_collected_at = \(sample.takenAt)
                WHERE cluster_id = \(sample.clusterID)
                """
            )
            return true
        }
    }

    private static func upsert(_ sample: ClusterSample, on connection: PostgresConnection) async throws {
        let nodes = sample.nodes
        _ = try await connection.execute(
            """
            INSERT INTO nodes AS held (node_id, cluster_id, node_uid, node_name, instance_id, instance_type,
                availability_zone, node_type, status, cpu_cores, memory_gb, cpu_allocatable,
                memory_allocatable_bytes, pods_allocatable, cpu_requested, memory_requested_bytes, pod_count,
                hourly_price_usd, first_seen_at, last_seen_at)
            SELECT gen_random_uuid(), \(sample.clusterID), i.uid, i.name, i.instance, i.type, i.zone, i.capacity, i.status,
                i.cpu::numeric, i.memory::numeric, i.cpu_allocatable::numeric, i.memory_allocatable, i.pods,
                i.cpu_requested::numeric, i.memory_requested, i.pod_count, i.price::numeric,
                \(sample.takenAt)::timestamptz, \(sample.takenAt)::timestamptz
            FROM unnest(
                \(nodes.map(\.uid))::text[], \(nodes.map(\.name))::text[], \(nodes.map(\.instanceID))::text[],
                \(nodes.map(\.instanceType))::text[], \(nodes.map(\.availabilityZone))::text[],
                \(nodes.map(\.nodeType))::text[], \(nodes.map(\.status))::text[], \(nodes.map(\.cpuCapacity))::text[],
                \(nodes.map(\.memoryCapacityGiB))::text[], \(nodes.map(\.cpuAllocatable))::text[],
                \(nodes.map(\.memoryAllocatable))::bigint[], \(nodes.map(\.podsAllocatable))::bigint[],
                \(nodes.map(\.cpuRequested))::text[], \(nodes.map(\.memoryRequested))::bigint[],
                \(nodes.map { Int32($0.podCount) })::int[], \(nodes.map(\.hourlyPrice))::text[]
            ) AS i (uid, name, instance, type, zone, capacity, status, cpu, memory, cpu_allocatable,
                memory_allocatable, pods, cpu_requested, memory_requested, pod_count, price)
            ON CONFLICT (cluster_id, node_uid) DO UPDATE SET
                node_name = excluded.node_name, instance_id = excluded.instance_id,
                instance_type = excluded.instance_type, availability_zone = excluded.availability_zone,
                node_type = excluded.node_type, status = excluded.status, cpu_cores = excluded.cpu_cores,
                memory_gb = excluded.memory_gb, cpu_allocatable = excluded.cpu_allocatable,
                memory_allocatable_bytes = excluded.memory_allocatable_bytes,
                pods_allocatable = excluded.pods_allocatable, cpu_requested = excluded.cpu_requested,
                memory_requested_bytes = excluded.memory_requested_bytes, pod_count = excluded.pod_count,
                hourly_price_usd = excluded.hourly_price_usd, last_seen_at = excluded.last_seen_at,
                gone_at = NULL, updated_at = now()
            """
        )
        _ = try await connection.execute(
            """
            UPDATE nodes SET status = 'gone', gone_at = \(sample.takenAt), updated_at = now()
            WHERE cluster_id = \(sample.clusterID) AND gone_at IS NULL AND node_uid <> ALL (\(nodes.map(\.uid))::text[])
            """
        )
    }

    /// Counts the points of a series in each interval, for checks on the clock.
    ///
    /// - Returns: For each cluster and interval start, how many samples fell into it.
    public func samples(
        of series: String,
        since: Date,
        every interval: Duration
    ) async throws -> [(cluster: UUID, start: Date, count: Int)] {
        let rows = try await pool.query(
            """
            SELECT cluster_id, date_bin(\(interval.seconds)::double precision * interval '1 second', "timestamp",
                'epoch'::timestamptz) AS start, count(*)::bigint AS samples
            FROM metrics_summary WHERE metric_type = \(series) AND "timestamp" >= \(since)
            GROUP BY 1, 2 ORDER BY 1, 2
            """
        )
        return try rows.map {
            (
                cluster: try $0.decode("cluster_id"), start: try $0.decode("start"),
                count: try $0.decode("samples")
            )
        }
    }
}
