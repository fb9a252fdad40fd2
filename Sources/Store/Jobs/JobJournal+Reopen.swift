public import FoundationEssentials
import Postgres

extension JobJournal {
    /// What became of the wish to run a finished job again.
    public enum ReopenVerdict: Sendable {
        /// It is open again.
        case reopened(OpenJob)
        /// It has no outcome, or one that needs no other run.
        case refused
        /// Another unfinished job has its dedupe key.
        case duplicate(UUID)
    }

    /// Gives a job that failed, ran out of time or was cancelled another chance, under its own id.
    ///
    /// Its former outcome stays in the journal as one of its runs.
    ///
    /// - Parameters:
    ///   - job: Which.
    ///   - attempts: How many runs it gets on top of those it had.
    ///   - deadlineAfter: How long from now it is of use, unless its own deadline is later.
    /// - Returns: The open job, or why it is not open.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func reopen(_ job: UUID, attempts: Int, deadlineAfter: Duration) async throws -> ReopenVerdict {
        do {
            return try await reopenOnce(job, attempts: attempts, deadlineAfter: deadlineAfter)
        } catch let taken as DedupeKeyTaken {
            return .duplicate(taken.holder)
        }
    }

    /// Undoes the whole of it.
    private struct DedupeKeyTaken: Error {
        let holder: UUID
    }

    private func reopenOnce(
        _ job: UUID,
        attempts: Int,
        deadlineAfter: Duration
    ) async throws -> ReopenVerdict {
        try await pool.withTransaction { connection in
            let freed = try await connection.execute(
                """
                UPDATE job_attempts SET terminal = false, dead = false
                WHERE job_id = \(job) AND terminal AND status IN ('failed', 'timeout', 'cancelled')
                """
            )
            guard freed > 0 else { return .refused }
            _ = try await connection.execute("DELETE FROM job_cancellations WHERE job_id = \(job)")
            let rows = try await connection.query(
                """
                UPDATE jobs j SET reopened_at = now(), run_at = now(),
                    deadline = greatest(j.deadline, now() + \(deadlineAfter.seconds)::double precision * interval '1 second'),
                    max_attempts = least(100, used.runs + \(attempts)::int)
                FROM (
                    SELECT count(*)::int AS runs FROM job_attempts
                    WHERE job_id = \(job) AND status IN ('failed', 'timeout') AND attempt > 0
                ) AS used
                WHERE j.job_id = \(job)
                RETURNING j.*, used.runs AS attempts_used
                """
            )
            guard let row = rows.first else { return .refused }
            let record = try Self.job(row)
            if let key = record.dedupeKey, let holder = try await holder(of: key, for: record, connection) {
                throw DedupeKeyTaken(holder: holder)
            }
            return .reopened(OpenJob(job: record, attemptsUsed: try row.decode("attempts_used")))
        }
    }

    /// Takes a dedupe key again.
    ///
    /// - Returns: Another job that has it; nil if it is ours now.
    private func holder(
        of key: String,
        for job: JobRecord,
        _ connection: PostgresConnection
    ) async throws -> UUID? {
        let scope = job.customerID?.text ?? "fleet"
        let taken = try await connection.query(
            """
            INSERT INTO job_dedupe AS held (scope, dedupe_key, job_id) VALUES (\(scope), \(key), \(job.id))
            ON CONFLICT (scope, dedupe_key) DO UPDATE SET job_id = excluded.job_id
                WHERE held.job_id = excluded.job_id
                   OR EXISTS (SELECT FROM job_attempts a WHERE a.job_id = held.job_id AND a.terminal)
            RETURNING job_id
            """
        )
        guard taken.isEmpty else { return nil }
        let rows = try await connection.query(
            "SELECT job_id FROM job_dedupe WHERE scope = \(scope) AND dedupe_key = \(key)"
        )
        return try rows.first?.decode("job_id")
    }
}
