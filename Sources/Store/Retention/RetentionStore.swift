public import FoundationEssentials
public import Postgres

/// The partitions of days: made ahead, and dropped whole; and rows that are forgotten one by one.
public struct RetentionStore: Sendable {
    /// What is kept by days.
    public enum Kind: String, Sendable, CaseIterable {
        /// Jobs, with their runs.
        case jobs
        /// The time series.
        case metrics = "metrics_summary"
    }

    /// What became of a day.
    public enum Drop: Sendable, Equatable {
        /// It is gone.
        case dropped
        /// A job in it has no outcome: it stays.
        case holdsOpenJobs
    }

    /// Nobody waits for us longer: while we wait for a lock, all others wait behind us.
    private static let lockLimit: StaticString = "SET LOCAL lock_timeout = '200ms'"

    let pool: PostgresPool

    /// - Parameter pool: Connections to the database.
    public init(pool: PostgresPool) {
        self.pool = pool
    }

    /// PostgreSQL's time.
    public func now() async throws -> Date {
        let rows = try await pool.query("SELECT now() AS now")
        guard let row = rows.first else { return Date() }
        return try row.decode("now")
    }

    /// Makes the partitions from yesterday's on.
    ///
    /// - Parameter days: How many after today's.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func makePartitions(ahead days: Int) async throws {
        _ = try await pool.query(
            """
            SELECT ensure_partitions((now() AT TIME ZONE 'UTC')::date - 1, (now() AT TIME ZONE 'UTC')::date + \(days)::int)
            """
        )
    }

    /// The days there are, as `20260131`, ascending.
    public func days(of kind: Kind) async throws -> [String] {
        let rows = try await pool.query(
            """
            SELECT right(c.relname, 8) AS day FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = \(kind.rawValue)::regclass AND c.relname ~ ('^' || \(kind.rawValue) || '_[0-9]{8}$')
            ORDER BY day
            """
        )
        return try rows.map { try $0.decode("day") }
    }

    /// Drops a day.
    ///
    /// The look for open jobs is under a lock that keeps writers out, so that none can come in between.
    ///
    /// - Parameters:
    ///   - day: As ``days(of:)`` gives it.
    ///   - kind: Of what.
    /// - Returns: What became of it.
    /// - Throws: `PostgresError`, with state 55P03 if others use the tables just now.
    public func drop(_ day: String, of kind: Kind) async throws -> Drop {
        switch kind {
        case .metrics:
            try await pool.withTransaction { connection in
                _ = try await connection.execute("\(unescaped: Self.lockLimit)")
                _ = try await connection.execute(
                    "DROP TABLE IF EXISTS \(identifier: "metrics_summary_" + day)"
                )
            }
            return .dropped
        case .jobs:
            guard try await !holdsOpenJobs(day, { try await pool.query($0) }) else { return .holdsOpenJobs }
            return try await pool.withTransaction { connection in
                let (jobs, attempts) = ("jobs_" + day, "job_attempts_" + day)
                _ = try await connection.execute("\(unescaped: Self.lockLimit)")
                _ = try await connection.execute(
                    """
                    LOCK TABLE ONLY \(identifier: jobs), ONLY \(identifier: attempts) IN SHARE ROW EXCLUSIVE MODE
                    """
                )
                guard try await !holdsOpenJobs(day, { try await connection.query($0) }) else {
                    return .holdsOpenJobs
                }
                // A key that a finished job left behind would never be freed once the job's outcome is gone.
                _ = try await connection.execute(
                    """
                    DELETE FROM job_dedupe d USING \(identifier: jobs) j WHERE d.job_id = j.job_id
                    """
                )
                _ = try await connection.execute(
                    """
                    DELETE FROM job_cancellations c USING \(identifier: jobs) j WHERE c.job_id = j.job_id
                    """
                )
                _ = try await connection.execute(
                    """
                    DELETE FROM job_steps s USING \(identifier: jobs) j WHERE s.job_id = j.job_id
                    """
                )
                _ = try await connection.execute("DROP TABLE \(identifier: jobs)")
                _ = try await connection.execute("DROP TABLE \(identifier: attempts)")
                return .dropped
            }
        }
    }

    /// Forgets idempotency keys that are older than so many days.
    ///
    /// - Parameters:
    ///   - days: The age.
    ///   - limit: How many at most.
    /// - Returns: How many were forgotten; less than the limit if none is left.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func forgetKeys(olderThan days: Int, limit: Int) async throws -> Int {
        try await pool.execute(
            """
            DELETE FROM job_idempotency WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM job_idempotency
                WHERE created_at < now() - \(days)::int * interval '1 day' LIMIT \(limit)::int))
            """
        )
    }

    private func holdsOpenJobs(
        _ day: String,
        _ query: (SQL) async throws -> PostgresRows
    ) async throws -> Bool {
        let rows = try await query(
            """
            SELECT EXISTS (
                SELECT FROM \(identifier: "jobs_" + day) j WHERE NOT EXISTS (
                    SELECT FROM \(identifier: "job_attempts_" + day) a WHERE a.job_id = j.job_id AND a.terminal)
            ) AS found
            """
        )
        return try rows.first?.decode("found") ?? true
    }
}
