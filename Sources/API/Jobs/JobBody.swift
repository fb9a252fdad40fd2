import FoundationEssentials
import Jobs
import Store

/// A job as clients see it.
struct JobBody: Encodable {
    let jobId: String
    let type: String
    let queue: String
    let state: String
    @Nullable var clusterId: String?
    @Nullable var customerId: String?
    let parameters: JSONValue
    let priority: Int
    @Nullable var deadline: Date?
    let runAt: Date
    let submittedAt: Date
    let submittedBy: String
    let attempt: Int
    let maxAttempts: Int
    let dryRun: Bool
    @Nullable var dedupeKey: String?
    @Nullable var outcome: Outcome?
    let attempts: [Attempt]

    /// The seeds' TaskResult, without its `task_id`, which is the job's.
    struct Outcome: Encodable {
        let status: String
        let executedAt: Date
        let durationSeconds: Double
        let logs: String
        @Nullable var error: Failure?
        let metadata: JSONValue
    }

    struct Attempt: Encodable {
        let attempt: Int
        let status: String
        @Nullable var workerId: String?
        let startedAt: Date
        let finishedAt: Date
        let durationSeconds: Double
        @Nullable var error: Failure?
    }

    struct Failure: Encodable {
        let code: String
        let message: String
        let retryable: Bool

        init(_ failure: AttemptRecord.Failure) {
            code = failure.code
            message = failure.message
            retryable = failure.isRetryable
        }
    }

    init(_ view: JobQueue.View) throws {
        let job = view.entry.job
        jobId = job.id.text
        type = job.type
        queue = job.queue
        state = view.state.rawValue
        clusterId = job.clusterID?.text
        customerId = job.customerID?.text
        parameters = try JSONValue(parsing: job.parameters)
        priority = job.priority
        deadline = job.deadline
        runAt = job.runAt
        submittedAt = job.submittedAt
        submittedBy = job.submittedBy
        attempt = view.attempt
        maxAttempts = job.maxAttempts
        dryRun = job.isDryRun
        dedupeKey = job.dedupeKey
        outcome = try view.entry.outcome.map { outcome in
            Outcome(
                status: outcome.status.rawValue,
                executedAt: outcome.startedAt,
                durationSeconds: outcome.duration.seconds,
                logs: outcome.logs,
                error: outcome.failure.map(Failure.init),
                metadata: try outcome.metadata.map { try JSONValue(parsing: $0) } ?? .object([:])
            )
        }
        attempts = view.entry.attempts.map { attempt in
            Attempt(
                attempt: attempt.attempt,
                status: attempt.status.rawValue,
                workerId: attempt.workerID,
                startedAt: attempt.startedAt,
                finishedAt: attempt.finishedAt,
                durationSeconds: attempt.duration.seconds,
                error: attempt.failure.map(Failure.init)
            )
        }
    }
}
