public import FoundationEssentials
import Postgres

/// A wish to take a job back that is not settled yet.
public struct CancellationRecord: Sendable, Equatable {
    /// The job.
    public var jobID: UUID
    /// Its queue.
    public var queue: String
    /// Whether a newer job took its place: then it may finish if it runs.
    public var isSuperseded: Bool
    /// Who wished it.
    public var requestedBy: String
    /// Whether the job holds a dedupe key that its outcome frees.
    public var holdsDedupeKey: Bool

    /// Makes a record from all of its fields.
    public init(
        jobID: UUID,
        queue: String,
        isSuperseded: Bool,
        requestedBy: String,
        holdsDedupeKey: Bool
    ) {
        self.jobID = jobID
        self.queue = queue
        self.isSuperseded = isSuperseded
        self.requestedBy = requestedBy
        self.holdsDedupeKey = holdsDedupeKey
    }
}

extension JobJournal {
    /// Notes that a job is to be taken back; a wish overrules that it was superseded.
    ///
    /// - Returns: False if the job has its outcome, or does not exist.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func requestCancellation(of job: UUID, by requester: String) async throws -> Bool {
        let rows = try await pool.query(
            """
            INSERT INTO job_cancellations AS held (job_id, queue, requested_by)
            SELECT job_id, queue, \(requester) FROM jobs j
            WHERE job_id = \(job)
              AND NOT EXISTS (SELECT FROM job_attempts a WHERE a.job_id = j.job_id AND a.terminal)
            ON CONFLICT (job_id) DO UPDATE SET superseded = false, requested_by =
                CASE WHEN held.superseded THEN excluded.requested_by ELSE held.requested_by END
            RETURNING job_id
            """
        )
        return !rows.isEmpty
    }

    /// Lists the wishes about jobs without an outcome, oldest first.
    ///
    /// - Parameters:
    ///   - job: Only about this one; nil for all.
    ///   - limit: At most this many.
    /// - Returns: The wishes.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func cancellations(of job: UUID? = nil, limit: Int) async throws -> [CancellationRecord] {
        let rows = try await pool.query(
            """
            SELECT c.*, j.dedupe_key IS NOT NULL AS holds_key
            FROM job_cancellations c JOIN jobs j USING (job_id)
            WHERE (\(job)::uuid IS NULL OR c.job_id = \(job)::uuid)
              AND NOT EXISTS (SELECT FROM job_attempts a WHERE a.job_id = c.job_id AND a.terminal)
            ORDER BY c.requested_at LIMIT \(limit)::int
            """
        )
        return try rows.map { row in
            CancellationRecord(
                jobID: try row.decode("job_id"),
                queue: try row.decode("queue"),
                isSuperseded: try row.decode("superseded"),
                requestedBy: try row.decode("requested_by"),
                holdsDedupeKey: try row.decode("holds_key")
            )
        }
    }

    /// Forgets the wishes about jobs that have their outcome, or are gone.
    ///
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func forgetSettledCancellations() async throws {
        _ = try await pool.execute(
            """
            DELETE FROM job_cancellations c
            WHERE EXISTS (SELECT FROM job_attempts a WHERE a.job_id = c.job_id AND a.terminal)
               OR NOT EXISTS (SELECT FROM jobs j WHERE j.job_id = c.job_id)
            """
        )
    }
}
