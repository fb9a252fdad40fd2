public import FoundationEssentials
import Postgres

extension JobJournal {
    /// A job with its runs, oldest first.
    public struct Entry: Sendable {
        /// The job.
        public var job: JobRecord
        /// Its runs; the terminal one, if any, is the outcome.
        public var attempts: [AttemptRecord]

        /// Makes an entry of a job and its runs.
        public init(job: JobRecord, attempts: [AttemptRecord]) {
            self.job = job
            self.attempts = attempts
        }

        /// The terminal run.
        public var outcome: AttemptRecord? { attempts.first(where: \.isTerminal) }
    }

    /// Which jobs a listing shows.
    public struct Filter: Sendable {
        /// Only jobs of this customer.
        public var customerID: UUID?
        /// Only jobs about this cluster.
        public var clusterID: UUID?
        /// Only this type.
        public var type: String?
        /// Only with this outcome; nil for any.
        public var outcome: AttemptRecord.Status?
        /// Only jobs without an outcome.
        public var isOpen: Bool
        /// Only submitted at or after.
        public var since: Date?
        /// Only submitted before.
        public var until: Date?

        /// Makes a filter; without arguments it passes everything.
        public init(
            customerID: UUID? = nil,
            clusterID: UUID? = nil,
            type: String? = nil,
            outcome: AttemptRecord.Status? = nil,
            isOpen: Bool = false,
            since: Date? = nil,
            until: Date? = nil
        ) {
            self.customerID = customerID
            self.clusterID = clusterID
            self.type = type
            self.outcome = outcome
            self.isOpen = isOpen
            self.since = since
            self.until = until
        }
    }

    /// Finds one job.
    ///
    /// - Returns: nil if no job has this id.
    public func entry(_ id: UUID) async throws -> Entry? {
        let jobs = try await pool.query("SELECT * FROM jobs WHERE job_id = \(id)")
        guard let row = jobs.first else { return nil }
        return Entry(job: try Self.job(row), attempts: try await attempts(of: [id])[id] ?? [])
    }

    /// Lists jobs, newest first.
    ///
    /// - Parameters:
    ///   - filter: Which.
    ///   - cursor: The id of the last job of the page before.
    ///   - limit: At most this many.
    /// - Returns: The jobs with their runs.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func entries(_ filter: Filter, before cursor: UUID?, limit: Int) async throws -> [Entry] {
        let rows = try await pool.query(
            """
            SELECT j.* FROM jobs j
            WHERE (\(cursor)::uuid IS NULL OR j.job_id < \(cursor)::uuid)
              AND (\(filter.customerID)::uuid IS NULL OR j.customer_id = \(filter.customerID)::uuid)
              AND (\(filter.clusterID)::uuid IS NULL OR j.cluster_id = \(filter.clusterID)::uuid)
              AND (\(filter.type)::text IS NULL OR j.type = \(filter.type)::text)
              AND (\(filter.since)::timestamptz IS NULL OR j.submitted_at >= \(filter.since)::timestamptz)
              AND (\(filter.until)::timestamptz IS NULL OR j.submitted_at < \(filter.until)::timestamptz)
              AND (\(filter.outcome?.rawValue)::text IS NULL OR EXISTS (
                SELECT FROM job_attempts a
                WHERE a.job_id = j.job_id AND a.terminal AND a.status = \(filter.outcome?.rawValue)::text))
              AND (NOT \(filter.isOpen)::boolean OR NOT EXISTS (
                SELECT FROM job_attempts a WHERE a.job_id = j.job_id AND a.terminal))
            ORDER BY j.job_id DESC
            LIMIT \(limit)::int
            """
        )
        let jobs = try rows.map(Self.job)
        let attempts = try await attempts(of: jobs.map(\.id))
        return jobs.map { Entry(job: $0, attempts: attempts[$0.id] ?? []) }
    }

    /// PostgreSQL's clock.
    public func now() async throws -> Date {
        let rows = try await pool.query("SELECT now() AS now")
        guard let row = rows.first else { throw JobJournalError.noEpoch }
        return try row.decode("now")
    }

    /// How many dead jobs each queue has.
    public func deadCounts() async throws -> [String: Int] {
        let rows = try await pool.query(
            "SELECT queue, count(*)::bigint AS jobs FROM job_attempts WHERE dead GROUP BY queue"
        )
        return try Dictionary(
            uniqueKeysWithValues: rows.map { (try $0.decode("queue"), try $0.decode("jobs")) }
        )
    }

    func attempts(of jobs: [UUID]) async throws -> [UUID: [AttemptRecord]] {
        guard !jobs.isEmpty else { return [:] }
        let rows = try await pool.query(
            """
            SELECT job_id, fence, attempt, queue, worker_id, started_at, duration_seconds, status, terminal, dead,
                error_code, error_message, error_retryable, logs, metadata
            FROM job_attempts WHERE job_id = ANY (\(jobs)::uuid[]) ORDER BY recorded_at, fence
            """
        )
        return try Dictionary(grouping: rows.map(Self.attempt), by: \.jobID)
    }

    static func job(_ row: PostgresRow) throws -> JobRecord {
        JobRecord(
            id: try row.decode("job_id"),
            type: try row.decode("type"),
            queue: try row.decode("queue"),
            clusterID: try row.decode("cluster_id"),
            customerID: try row.decode("customer_id"),
            parameters: try row.decode("parameters", as: PostgresJSON.self).bytes,
            priority: Int(try row.decode("priority", as: Int16.self)),
            deadline: try row.decode("deadline"),
            runAt: try row.decode("run_at"),
            maxAttempts: Int(try row.decode("max_attempts", as: Int16.self)),
            exclusiveKey: try row.decode("exclusive_key"),
            dedupeKey: try row.decode("dedupe_key"),
            isDryRun: try row.decode("dry_run"),
            traceparent: try row.decode("traceparent"),
            submittedAt: try row.decode("submitted_at"),
            submittedBy: try row.decode("submitted_by")
        )
    }

    private static func attempt(_ row: PostgresRow) throws -> AttemptRecord {
        let word: String = try row.decode("status")
        let code: String? = try row.decode("error_code")
        return AttemptRecord(
            jobID: try row.decode("job_id"),
            fence: try row.decode("fence"),
            attempt: Int(try row.decode("attempt", as: Int16.self)),
            queue: try row.decode("queue"),
            workerID: try row.decode("worker_id"),
            startedAt: try row.decode("started_at"),
            duration: .seconds(try row.decode("duration_seconds", as: Double.self)),
            // The table's check allows only the words of the enum.
            status: AttemptRecord.Status(rawValue: word) ?? .failed,
            isTerminal: try row.decode("terminal"),
            isDead: try row.decode("dead"),
            failure: code == nil
                ? nil
                : AttemptRecord.Failure(
                    code: code ?? "",
                    message: try row.decode("error_message", as: String?.self) ?? "",
                    isRetryable: try row.decode("error_retryable", as: Bool?.self) ?? false
                ),
            logs: try row.decode("logs"),
            metadata: try row.decode("metadata", as: PostgresJSON?.self)?.bytes
        )
    }
}
