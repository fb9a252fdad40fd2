import FoundationEssentials
import Jobs
import Store

/// A job as clients see it.
///
/// It is written straight into bytes: there is one in nearly every answer, and up to five hundred in a list.
struct JobBody {
    private let view: JobQueue.View
    private let isTask: Bool

    /// - Parameters:
    ///   - view: The job.
    ///   - isTask: Whether it is also told by the names of remote tasks, `task_id` and `status`.
    init(_ view: JobQueue.View, isTask: Bool = false) {
        self.view = view
        self.isTask = isTask
    }

    func write(to writer: inout JSONWriter) throws {
        let job = view.entry.job
        writer.beginObject()
        if isTask {
            writer.member("task_id", job.id.text)
            writer.member("status", view.state.rawValue)
        }
        writer.member("job_id", job.id.text)
        writer.member("type", job.type)
        writer.member("queue", job.queue)
        writer.member("state", view.state.rawValue)
        writer.member("cluster_id", job.clusterID?.text)
        writer.member("customer_id", job.customerID?.text)
        writer.name("parameters")
        // JSON already, as the journal holds it.
        writer.value(text: job.parameters)
        writer.member("priority", job.priority)
        writer.member("deadline", job.deadline)
        writer.member("run_at", job.runAt)
        writer.member("submitted_at", job.submittedAt)
        writer.member("submitted_by", job.submittedBy)
        writer.member("attempt", view.attempt)
        writer.member("max_attempts", job.maxAttempts)
        writer.member("dry_run", job.isDryRun)
        writer.member("dedupe_key", job.dedupeKey)
        writer.name("outcome")
        if let outcome = view.entry.outcome {
            try Self.writeOutcome(outcome, to: &writer)
        } else {
            writer.null()
        }
        writer.name("attempts")
        writer.beginArray()
        for attempt in view.entry.attempts { try Self.writeAttempt(attempt, to: &writer) }
        writer.endArray()
        writer.endObject()
    }

    /// The seeds' TaskResult, without its `task_id`, which is the job's.
    private static func writeOutcome(_ outcome: AttemptRecord, to writer: inout JSONWriter) throws {
        writer.beginObject()
        writer.member("status", outcome.status.rawValue)
        writer.member("executed_at", outcome.startedAt)
        writer.name("duration_seconds")
        try writer.number(outcome.duration.seconds)
        writer.member("logs", outcome.logs)
        writeFailure(outcome.failure, to: &writer)
        writer.name("metadata")
        writer.value(text: outcome.metadata ?? Array("{}".utf8))
        writer.endObject()
    }

    private static func writeAttempt(_ attempt: AttemptRecord, to writer: inout JSONWriter) throws {
        writer.beginObject()
        writer.member("attempt", attempt.attempt)
        writer.member("status", attempt.status.rawValue)
        writer.member("worker_id", attempt.workerID)
        writer.member("started_at", attempt.startedAt)
        writer.member("finished_at", attempt.finishedAt)
        writer.name("duration_seconds")
        try writer.number(attempt.duration.seconds)
        writeFailure(attempt.failure, to: &writer)
        writer.endObject()
    }

    private static func writeFailure(_ failure: AttemptRecord.Failure?, to writer: inout JSONWriter) {
        writer.name("error")
        guard let failure else { return writer.null() }
        writer.beginObject()
        writer.member("code", failure.code)
        writer.member("message", failure.message)
        writer.member("retryable", failure.isRetryable)
        writer.endObject()
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: String, _ text: String?) {
        self.name(name)
        string(text)
    }

    fileprivate mutating func member(_ name: String, _ value: Int) {
        self.name(name)
        integer(value)
    }

    fileprivate mutating func member(_ name: String, _ value: Bool) {
        self.name(name)
        bool(value)
    }

    fileprivate mutating func member(_ name: String, _ date: Date?) {
        self.name(name)
        time(date)
    }
}
