public import FoundationEssentials
import Postgres

/// Jobs that failed for good, until somebody retries or discards them.
extension JobJournal {
    /// Lists the dead jobs of a queue, newest first.
    ///
    /// - Parameters:
    ///   - queue: Which queue.
    ///   - cursor: The id of the last job of the page before.
    ///   - limit: At most this many.
    /// - Returns: The jobs with their runs.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func deadJobs(of queue: String, before cursor: UUID?, limit: Int) async throws -> [Entry] {
        let rows = try await pool.query(
            """
            SELECT j.* FROM job_attempts a JOIN jobs j USING (job_id)
            WHERE a.dead AND a.queue = \(queue) AND (\(cursor)::uuid IS NULL OR a.job_id < \(cursor)::uuid)
            ORDER BY a.job_id DESC LIMIT \(limit)::int
            """
        )
        let jobs = try rows.map(Self.job)
        let attempts = try await attempts(of: jobs.map(\.id))
        return jobs.map { Entry(job: $0, attempts: attempts[$0.id] ?? []) }
    }

    /// Takes dead jobs of a queue off the list; they stay failed.
    ///
    /// - Returns: How many.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func discardDead(of queue: String, limit: Int) async throws -> Int {
        try await pool.execute(
            """
            UPDATE job_attempts a SET dead = false
            FROM (SELECT job_id, fence FROM job_attempts WHERE dead AND queue = \(queue) LIMIT \(limit)::int) AS d
            WHERE a.job_id = d.job_id AND a.fence = d.fence
            """
        )
    }
}
