import FoundationEssentials
import Jobs
import Store

/// One job, for people and for scripts.
enum JobOutput {
    static func print(_ view: JobQueue.View, why: JobExplanation? = nil, asJSON: Bool) throws {
        var object = try object(view)
        if let why {
            object["waits_for"] = .array(
                why.reasons.map { reason in
                    guard asJSON else { return .string(reason.message) }
                    return .object(["code": .string(reason.code), "message": .string(reason.message)])
                }
            )
        }
        guard !asJSON else {
            return Terminal.print(String(decoding: try JSONValue.object(object).serialized(), as: UTF8.self))
        }
        var table = Table("field", "value")
        for (key, value) in object.sorted(by: { $0.key < $1.key }) where key != "attempts" {
            table.add(.string(key), .string(value.cell))
        }
        try table.print(asJSON: false)
        guard !view.entry.attempts.isEmpty else { return }
        var attempts = Table("attempt", "status", "started_at", "duration_seconds", "worker", "error")
        for attempt in view.entry.attempts {
            attempts.add(
                .count(attempt.attempt),
                .string(attempt.status.rawValue),
                .time(attempt.startedAt),
                .number(attempt.duration.seconds),
                .optional(attempt.workerID),
                .optional(attempt.failure.map { "\($0.code): \($0.message)" })
            )
        }
        Terminal.print("")
        try attempts.print(asJSON: false)
    }

    private static func object(_ view: JobQueue.View) throws -> [String: JSONValue] {
        let job = view.entry.job
        var object: [String: JSONValue] = [
            "job_id": .string(job.id.text), "type": .string(job.type), "queue": .string(job.queue),
            "state": .string(view.state.rawValue), "cluster_id": .optional(job.clusterID?.text),
            "customer_id": .optional(job.customerID?.text),
            "parameters": try JSONValue(parsing: job.parameters),
            "priority": .count(job.priority), "deadline": .time(job.deadline), "run_at": .time(job.runAt),
            "submitted_at": .time(job.submittedAt), "submitted_by": .string(job.submittedBy),
            "attempt": .count(view.attempt), "max_attempts": .count(job.maxAttempts),
        ]
        if let outcome = view.entry.outcome {
            object["logs"] = .string(outcome.logs)
            object["duration_seconds"] = .number(outcome.duration.seconds)
            if let failure = outcome.failure {
                object["error"] = .object([
                    "code": .string(failure.code), "message": .string(failure.message),
                    "retryable": .bool(failure.isRetryable),
                ])
            }
        }
        return object
    }
}
