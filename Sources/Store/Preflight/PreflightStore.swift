public import FoundationEssentials
public import Postgres

/// The latest preflight of each cluster.
public struct PreflightStore: Sendable {
    private let pool: PostgresPool

    /// - Parameter pool: Connections to the database.
    public init(pool: PostgresPool) {
        self.pool = pool
    }

    /// What a preflight that begins now is about: a hash of the cluster's and its customer's registration.
    ///
    /// - Returns: nil if there is no such cluster.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func subject(of cluster: UUID) async throws -> String? {
        let rows = try await pool.query(
            """
            SELECT \(unescaped: Self.subject) AS subject FROM clusters c JOIN customers u USING (customer_id)
            WHERE c.cluster_id = \(cluster) AND c.deleted_at IS NULL
            """
        )
        return try rows.first?.decode("subject")
    }

    /// Keeps a report in place of an older one.
    ///
    /// - Returns: Whether it was kept; not if a later one is there, or the cluster is gone.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func keep(_ record: PreflightRecord) async throws -> Bool {
        let written = try await pool.execute(
            """
            INSERT INTO cluster_preflights AS known (cluster_id, job_id, asked_at, verdict, report, subject)
            SELECT c.cluster_id, \(record.jobID), \(record.askedAt), \(record.verdict), \(PostgresJSON(bytes: record.report)),
                \(record.subject)
            FROM clusters c WHERE c.cluster_id = \(record.clusterID) AND c.status <> 'deleted'
            ON CONFLICT (cluster_id) DO UPDATE
                SET job_id = excluded.job_id, asked_at = excluded.asked_at, verdict = excluded.verdict,
                    report = excluded.report, subject = excluded.subject
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
            SELECT p.cluster_id, p.job_id, p.asked_at, p.verdict, p.report::text AS report, p.subject,
                p.subject IS DISTINCT FROM \(unescaped: Self.subject) AS is_stale
            FROM cluster_preflights p JOIN clusters c USING (cluster_id) JOIN customers u USING (customer_id)
            WHERE p.cluster_id = \(cluster)
            """
        )
        return try rows.first.map { row in
            var record = PreflightRecord(
                clusterID: try row.decode("cluster_id"),
                jobID: try row.decode("job_id"),
                askedAt: try row.decode("asked_at"),
                verdict: try row.decode("verdict"),
                report: Array(try row.decode("report", as: String.self).utf8),
                subject: try row.decode("subject")
            )
            record.isStale = try row.decode("is_stale")
            return record
        }
    }

    /// All that decides what we may do, of cluster `c` and customer `u`.
    ///
    /// Tokens are sealed anew each time they are set: even the same one makes another subject.
    private static let subject: StaticString = """
        encode(sha256(convert_to(ROW(c.cluster_name, c.k8s_api_endpoint, c.k8s_ca_data, c.k8s_token_sealed, c.region, \
        c.eks_cluster_name, c.launch_template_id, u.aws_role_arn, u.sqs_queue_url, u.aws_account_id, \
        u.external_id)::text, 'UTF8')), 'hex')
        """
}
