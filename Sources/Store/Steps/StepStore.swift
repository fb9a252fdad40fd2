public import FoundationEssentials
public import Postgres

/// How far jobs have come that do several things outside: whoever runs such a job next goes on from there.
public struct StepStore: Sendable {
    private let pool: PostgresPool

    /// - Parameter pool: Connections to the database.
    public init(pool: PostgresPool) {
        self.pool = pool
    }

    /// Everything recorded of a job.
    ///
    /// - Returns: What was recorded, JSON, by step.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func steps(of job: UUID) async throws -> [String: [UInt8]] {
        let rows = try await pool.query(
            "SELECT step, content::text AS content FROM job_steps WHERE job_id = \(job)"
        )
        return try Dictionary(
            rows.map { row in
                (try row.decode("step"), Array(try row.decode("content", as: String.self).utf8))
            },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// Records a step, in place of what was recorded of it before.
    ///
    /// The fence in SQL: it writes only while no other claim of the job is known. Whoever takes a claim away has
    /// written that claim's attempt first, and whoever has a later one has written with a greater fence.
    ///
    /// - Parameters:
    ///   - step: Its name.
    ///   - content: JSON.
    ///   - job: Whose step it is.
    ///   - fence: Of the claim that writes.
    /// - Returns: False if the claim is over: nothing was written, and nothing more may be done.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func record(_ step: String, _ content: [UInt8], of job: UUID, fence: Int64) async throws -> Bool {
        let written = try await pool.execute(
            """
            INSERT INTO job_steps AS known (job_id, step, fence, content)
            SELECT \(job), \(step), \(fence), \(PostgresJSON(bytes: content))
            WHERE NOT EXISTS (SELECT FROM job_attempts a WHERE a.job_id = \(job) AND (a.fence = \(fence) OR a.terminal))
              AND NOT EXISTS (SELECT FROM job_steps s WHERE s.job_id = \(job) AND s.fence > \(fence))
            ON CONFLICT (job_id, step) DO UPDATE
                SET fence = excluded.fence, content = excluded.content, recorded_at = now()
                WHERE known.fence <= excluded.fence
            """
        )
        return written == 1
    }
}
