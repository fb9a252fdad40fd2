import FoundationEssentials
import Postgres
import Store

/// What PostgreSQL says when all is over.
struct JournalVerdict: Sendable {
    /// Rows of the journal.
    var journaled = 0
    /// Accepted by an answer, but not in the journal.
    var missing = 0
    /// Without an outcome.
    var open = 0
    /// With more than one outcome.
    var doubled = 0
    /// With more than one successful run.
    var effectDoubled = 0
    /// Pairs of runs under one exclusive key, both of them valid, at the same time.
    var overlaps = 0
    /// Fencing tokens that were given to two claims.
    var fencesReissued = 0
    /// Attempts that were used up by two runs.
    var attemptsDoubled = 0
    /// Runs whose worker was lost; they are not counted as attempts.
    var lostRuns = 0
    /// Outcomes by status.
    var outcomes: [String: Int] = [:]
    /// Ticks of the canary's schedule that made no job, or two.
    var wrongTicks = 0
    /// Ticks of it.
    var ticks = 0

    /// Whether every promise was kept.
    var isClean: Bool {
        missing + open + doubled + effectDoubled + attemptsDoubled + overlaps + fencesReissued + wrongTicks
            == 0
    }

    /// Jobs without an outcome.
    static func open(_ pool: PostgresPool) async throws -> Int {
        let rows = try await pool.query(
            """
            SELECT count(*)::bigint AS jobs FROM jobs j
            WHERE NOT EXISTS (SELECT FROM job_attempts a WHERE a.job_id = j.job_id AND a.terminal)
            """
        )
        return try rows.first?.decode("jobs") ?? 0
    }

    /// Some of them.
    static func openIDs(_ pool: PostgresPool, limit: Int) async throws -> [UUID] {
        let rows = try await pool.query(
            """
            SELECT job_id FROM jobs j
            WHERE NOT EXISTS (SELECT FROM job_attempts a WHERE a.job_id = j.job_id AND a.terminal)
            ORDER BY job_id LIMIT \(limit)::int
            """
        )
        return try rows.map { try $0.decode(0) }
    }

    init(_ pool: PostgresPool, accepted: Set<String>) async throws {
        let ids = accepted.compactMap { UUID(uuidString: $0) }
        missing = accepted.count - ids.count
        missing += try await Self.count(
            pool,
            """
            SELECT count(*)::bigint FROM unnest(\(ids)::uuid[]) AS told (id)
            WHERE NOT EXISTS (SELECT FROM jobs j WHERE j.job_id = told.id)
            """
        )
        journaled = try await Self.count(pool, "SELECT count(*)::bigint FROM jobs")
        open = try await Self.open(pool)
        doubled = try await Self.count(
            pool,
            """
            SELECT count(*)::bigint FROM (
                SELECT job_id FROM job_attempts WHERE terminal GROUP BY job_id HAVING count(*) > 1) AS twice
            """
        )
        effectDoubled = try await Self.count(
            pool,
            """
            SELECT count(*)::bigint FROM (
                SELECT job_id FROM job_attempts WHERE status = 'success' GROUP BY job_id HAVING count(*) > 1) AS twice
            """
        )
        // Start and length of a run are taken by clocks of one machine, rounded to milliseconds.
        overlaps = try await Self.count(
            pool,
            """
            SELECT count(*)::bigint FROM (
                SELECT a.started_at, max(a.finished_at) OVER (
                    PARTITION BY j.exclusive_key ORDER BY a.started_at, a.fence
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier_end
                FROM job_attempts a JOIN jobs j USING (job_id)
                WHERE j.exclusive_key IS NOT NULL AND a.status IN ('success', 'failed') AND a.attempt > 0) AS runs
            WHERE started_at < earlier_end - interval '2 milliseconds'
            """
        )
        // Within one life of Redis, whose tokens follow each other: a failure that is committed just while the next life
        // begins is kept, but not counted.
        attemptsDoubled = try await Self.count(
            pool,
            """
            SELECT count(*)::bigint FROM (
                SELECT fence - lag(fence) OVER (PARTITION BY job_id, attempt ORDER BY fence) AS distance
                FROM job_attempts
                WHERE status IN ('success', 'failed', 'timeout') AND attempt > 0
                  AND error_code IS DISTINCT FROM 'poison') AS runs
            WHERE distance < 500000
            """
        )
        // A verdict without a claim has the token 0.
        fencesReissued = try await Self.count(
            pool,
            """
            SELECT count(*)::bigint FROM (
                SELECT fence FROM job_attempts WHERE fence > 0 GROUP BY fence HAVING count(*) > 1) AS twice
            """
        )
        lostRuns = try await Self.count(
            pool,
            "SELECT count(*)::bigint FROM job_attempts WHERE status = 'lost'"
        )
        let schedule = JobRecord.schedulePrefix + Canary.name
        ticks = try await Self.count(
            pool,
            "SELECT count(*)::bigint FROM jobs WHERE submitted_by = \(schedule)"
        )
        // One a second from the first to the last: fewer or more are wrong, and so are two of one second.
        wrongTicks = try await Self.count(
            pool,
            """
            SELECT abs(coalesce(extract(epoch FROM max(run_at) - min(run_at))::bigint + 1, 0) - count(*))
                + count(*) - count(DISTINCT run_at)
            FROM jobs WHERE submitted_by = \(schedule)
            """
        )
        for row in try await pool.query(
            "SELECT status, count(*)::bigint AS jobs FROM job_attempts WHERE terminal GROUP BY status"
        ) {
            outcomes[try row.decode("status")] = try row.decode("jobs")
        }
    }

    private static func count(_ pool: PostgresPool, _ sql: SQL) async throws -> Int {
        try await pool.query(sql).first?.decode(0) ?? 0
    }
}
