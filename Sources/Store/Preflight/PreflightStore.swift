public import FoundationEssentials
public import Postgres

/// The latest preflight of each cluster.
public struct PreflightStore: Sendable {
    private let pool: PostgresPool

    /// - Parameter pool: Connections to the database.
    public init(pool: PostgresPool) {
        self.pool = pool
    }

    /// Keeps a report in place of an older one.
    ///
    /// - Returns: Whether it was kept; not if a later one is there, or the cluster is gone.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func keep(_ record: PreflightRecord) async throws -> Bool {
        let written = try await pool.execute(
            """
            INSERT INTO cluster_preflights AS known (cluster_id, job_id, asked_at, verdict, report)
            SELECT c.cluster_id, \(record.jobID), \(record.askedAt), \(record.verdict), \(PostgresJSON(bytes: record.report))
            FROM clusters c WHERE c.cluster_id = \(record.clusterID) AND c.status <> 'deleted'
            ON CONFLICT (cluster_id) DO UPDATE
                SET job_id = excluded.job_id, asked_at = excluded.asked_at, verdict = excluded.verdict,
                    report = excluded.report
                WHERE known.asked_at <= excluded.asked_at
            """
        )
        return written == 1
    }

    /// The latest report of a cluster.
    ///
    /// - Returns: nil if there is none.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func latest(of cluster: UUID) async throws -> PreflightRecord? {
        let rows = try await pool.query(
            """
            SELECT cluster_id, job_id, asked_at, verdict, report::text AS report FROM cluster_preflights
            WHERE cluster_id = \(cluster)
            """
        )
        return try rows.first.map { row in
            PreflightRecord(
                clusterID: try row.decode("cluster_id"),
                jobID: try row.decode("job_id"),
                askedAt: try row.decode("asked_at"),
                verdict: try row.decode("verdict"),
                report: Array(try row.decode("report", as: String.self).utf8)
            )
        }
    }
}
