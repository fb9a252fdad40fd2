public import FoundationEssentials
import Postgres

/// Accepted jobs without an outcome: what Redis must hold.
extension JobJournal {
    /// One of them, with what is known of its runs.
    public struct OpenJob: Sendable {
        /// The job.
        public var job: JobRecord
        /// Runs that used up an attempt.
        public var attemptsUsed: Int
        /// Whether it is to be taken back.
        public var isToBeCancelled = false
    }

    /// Goes through the journal in the order of ids.
    ///
    /// Reads jobs and attempts of one range of ids each, in order: its cost is that of the rows, whether they are open
    /// or not.
    ///
    /// - Parameters:
    ///   - cursor: Where the page before ended; nil for the beginning.
    ///   - page: How many rows of the journal to look at.
    /// - Returns: The open jobs among them, and where the page ended; nil if nothing is left.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func openJobs(after cursor: UUID?, page: Int) async throws -> (jobs: [OpenJob], end: UUID?) {
        let start = cursor ?? UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        let rows = try await pool.query(
            """
            SELECT job_id FROM (
                SELECT job_id FROM jobs WHERE job_id > \(start) ORDER BY job_id LIMIT \(page)::int) AS page
            ORDER BY job_id DESC LIMIT 1
            """
        )
        guard let end: UUID = try rows.first?.decode(0) else { return ([], nil) }
        return (try await openJobs(where: "j.job_id > \(start) AND j.job_id <= \(end)", start, end), end)
    }

    /// Finds which of some jobs are open.
    ///
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func openJobs(among ids: [UUID]) async throws -> [OpenJob] {
        guard let first = ids.min(by: { $0.text < $1.text }), let last = ids.max(by: { $0.text < $1.text })
        else {
            return []
        }
        return try await openJobs(where: "j.job_id = ANY (\(ids)::uuid[])", first, last)
    }

    private func openJobs(
        where condition: SQL,
        _ first: UUID,
        _ last: UUID
    ) async throws -> [OpenJob] {
        let rows = try await pool.query(
            """
            SELECT j.*, coalesce(runs.used, 0)::int AS attempts_used,
                EXISTS (SELECT FROM job_cancellations c WHERE c.job_id = j.job_id) AS to_be_cancelled
            FROM jobs j LEFT JOIN (
                SELECT a.job_id, bool_or(a.terminal) AS finished,
                    count(*) FILTER (WHERE a.status IN ('failed', 'timeout') AND a.attempt > 0) AS used
                FROM job_attempts a WHERE a.job_id >= \(first) AND a.job_id <= \(last) GROUP BY a.job_id
            ) AS runs USING (job_id)
            WHERE \(fragment: condition) AND NOT coalesce(runs.finished, false)
            ORDER BY j.job_id
            """
        )
        return try rows.map { row in
            OpenJob(
                job: try Self.job(row),
                attemptsUsed: try row.decode("attempts_used"),
                isToBeCancelled: try row.decode("to_be_cancelled")
            )
        }
    }

    /// Lists where open jobs belong that were submitted, or opened again, in a span of time.
    ///
    /// - Parameters:
    ///   - from: The beginning of the span.
    ///   - settled: It ends this long ago by PostgreSQL's clock, so that submissions under way are left alone.
    /// - Returns: Queue and id of each.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func openJobs(
        submittedSince from: Date,
        settledFor settled: Duration
    ) async throws -> [(queue: String, id: UUID)] {
        let rows = try await pool.query(
            """
            SELECT j.queue, j.job_id FROM jobs j
            WHERE (j.submitted_at >= \(from) OR j.reopened_at >= \(from))
              AND j.submitted_at <= now() - \(settled.seconds)::double precision * interval '1 second'
              AND NOT EXISTS (SELECT FROM job_attempts a WHERE a.job_id = j.job_id AND a.terminal)
            """
        )
        return try rows.map { (queue: try $0.decode(0), id: try $0.decode(1)) }
    }
}
