import Postgres
import TestKit
import Testing

/// What the journal says when all is over.
struct JournalCount: Equatable {
    let jobs: Int
    let finished: Int
    let succeeded: Int
    let finishedTwice: Int

    init(_ pool: PostgresPool) async throws {
        let rows = try await pool.query(
            """
            SELECT count(*)::bigint AS jobs, count(*) FILTER (WHERE terminal > 0)::bigint AS finished,
                count(*) FILTER (WHERE success > 0)::bigint AS succeeded,
                count(*) FILTER (WHERE terminal > 1)::bigint AS finished_twice
            FROM (SELECT j.job_id, count(*) FILTER (WHERE a.terminal) AS terminal,
                    count(*) FILTER (WHERE a.terminal AND a.status = 'success') AS success
                FROM jobs j LEFT JOIN job_attempts a USING (job_id) GROUP BY j.job_id) AS counted
            """
        )
        let row = try #require(rows.first)
        jobs = try row.decode("jobs")
        finished = try row.decode("finished")
        succeeded = try row.decode("succeeded")
        finishedTwice = try row.decode("finished_twice")
    }
}
