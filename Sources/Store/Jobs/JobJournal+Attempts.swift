public import FoundationEssentials
import Postgres

extension JobJournal {
    /// Commits a batch of attempts, each only if its claim has no row yet and the job no outcome.
    ///
    /// This is the fence in SQL: whoever takes a lease away writes the claim's row as `lost` first, so that the
    /// late result of its holder finds the place taken. A write that is sent again after a lost connection is
    /// recognised by job and fence.
    ///
    /// - Parameter attempts: At most a few thousand.
    /// - Returns: One verdict for each, in order.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func record(_ attempts: [AttemptRecord]) async throws -> [AttemptVerdict] {
        guard !attempts.isEmpty else { return [] }
        let written = try await insert(attempts)
        let freed = attempts.filter { $0.isTerminal && $0.holdsDedupeKey }.map(\.jobID)
        if !freed.isEmpty {
            // Guarded by the outcome, not by our verdict: whoever wrote it, the job is finished.
            _ = try await pool.execute(
                """
                DELETE FROM job_dedupe d USING unnest(\(freed)::uuid[]) AS f (id)
                WHERE d.job_id = f.id AND EXISTS (SELECT FROM job_attempts a WHERE a.job_id = f.id AND a.terminal)
                """
            )
        }
        let doubtful = attempts.filter { !written.contains(Claim($0)) }
        guard !doubtful.isEmpty else { return attempts.map { _ in .recorded } }
        let rows = try await pool.query(
            """
            SELECT job_id, fence, status, terminal FROM job_attempts
            WHERE job_id = ANY (\(doubtful.map(\.jobID))::uuid[])
            """
        )
        var known: [Claim: (status: AttemptRecord.Status, isTerminal: Bool)] = [:]
        var finished: Set<UUID> = []
        for row in rows {
            let claim = Claim(job: try row.decode("job_id"), fence: try row.decode("fence"))
            let isTerminal: Bool = try row.decode("terminal")
            known[claim] = (AttemptRecord.Status(rawValue: try row.decode("status")) ?? .failed, isTerminal)
            if isTerminal { finished.insert(claim.job) }
        }
        return attempts.map { attempt in
            let claim = Claim(attempt)
            if written.contains(claim) { return .recorded }
            if let row = known[claim] {
                return row.status == attempt.status && row.isTerminal == attempt.isTerminal
                    ? .recorded : .claimSettled(row.status, isTerminal: row.isTerminal)
            }
            return finished.contains(attempt.jobID) ? .alreadyFinished : .outdated
        }
    }

    private struct Claim: Hashable {
        let job: UUID
        let fence: Int64

        init(job: UUID, fence: Int64) {
            self.job = job
            self.fence = fence
        }

        init(_ attempt: AttemptRecord) {
            self.init(job: attempt.jobID, fence: attempt.fence)
        }
    }

    /// Writes the attempts whose place is free.
    ///
    /// - Returns: Which were written; one that is not may still be in the journal.
    private func insert(_ attempts: [AttemptRecord]) async throws -> Set<Claim> {
        do {
            // Nearly always each place is free, and to have PostgreSQL look first would double what an insert costs.
            let written = try await pool.execute(Self.insertion(of: attempts, or: ""))
            if written == attempts.count { return Set(attempts.map(Claim.init)) }
        } catch {
            guard error.isUniqueViolation else { throw error }
        }
        let rows = try await pool.query(Self.insertion(of: attempts, or: "ON CONFLICT DO NOTHING"))
        return try Set(rows.map { Claim(job: try $0.decode(0), fence: try $0.decode(1)) })
    }

    private static func insertion(of attempts: [AttemptRecord], or otherwise: SQL) -> SQL {
        """
        INSERT INTO job_attempts (job_id, fence, attempt, queue, worker_id, started_at, finished_at,
            duration_seconds, status, terminal, dead, error_code, error_message, error_retryable, logs, metadata)
        SELECT i.id, i.fence, i.attempt, i.queue, i.worker, i.started, i.finished, i.duration, i.status,
            i.terminal, i.dead, i.code, i.message, i.retryable, i.logs, i.metadata
        FROM unnest(
            \(attempts.map(\.jobID))::uuid[],
            \(attempts.map(\.fence))::bigint[],
            \(attempts.map { Int16($0.attempt) })::smallint[],
            \(attempts.map(\.queue))::text[],
            \(attempts.map(\.workerID))::text[],
            \(attempts.map(\.startedAt))::timestamptz[],
            \(attempts.map(\.finishedAt))::timestamptz[],
            \(attempts.map(\.duration.seconds))::double precision[],
            \(attempts.map(\.status.rawValue))::text[],
            \(attempts.map(\.isTerminal))::boolean[],
            \(attempts.map(\.isDead))::boolean[],
            \(attempts.map { $0.failure?.code })::text[],
            \(attempts.map { $0.failure?.message })::text[],
            \(attempts.map { $0.failure?.isRetryable })::boolean[],
            \(attempts.map(\.logs))::text[],
            \(attempts.map { $0.metadata.map { PostgresJSON(bytes: $0) } })::jsonb[]
        ) AS i (id, fence, attempt, queue, worker, started, finished, duration, status, terminal, dead,
            code, message, retryable, logs, metadata)
        WHERE i.fence = 0 OR i.fence >= (SELECT epoch FROM queue_epoch)
        \(fragment: otherwise)
        RETURNING job_id, fence
        """
    }

    /// Tells which of some jobs have their outcome.
    public func finished(among jobs: [UUID]) async throws -> Set<UUID> {
        guard !jobs.isEmpty else { return [] }
        let rows = try await pool.query(
            "SELECT job_id FROM job_attempts WHERE terminal AND job_id = ANY (\(jobs)::uuid[])"
        )
        return try Set(rows.map { try $0.decode(0, as: UUID.self) })
    }
}
