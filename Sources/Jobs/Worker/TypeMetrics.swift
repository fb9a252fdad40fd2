import FoundationEssentials
import Metrics
import Store

/// The metrics of one type from submission to outcome, made once: to look a metric up costs more than to count.
struct TypeMetrics: Sendable {
    private static let known = Dictionary(
        uniqueKeysWithValues: JobType.allCases.map { ($0.rawValue, TypeMetrics($0.rawValue)) }
    )

    private let submitted: Counter
    private let wait: Timer
    private let slack: Recorder

    private init(_ type: String) {
        submitted = Counter(label: "cloudoptim_jobs_submitted_total", dimensions: [("type", type)])
        wait = Timer(label: "cloudoptim_job_wait_seconds", dimensions: [("type", type)])
        slack = Recorder(label: "cloudoptim_job_slack_seconds", dimensions: [("type", type)], aggregate: true)
    }

    /// Counts jobs that were accepted.
    static func accepted(_ jobs: [JobRecord]) {
        var counts: [String: Int] = [:]
        for job in jobs { counts[job.type, default: 0] += 1 }
        for (type, count) in counts { known[type]?.submitted.increment(by: count) }
    }

    /// Shows what has not happened yet as 0, so that its first time is an increase.
    static func announce() {
        Counter(label: "cloudoptim_leases_lost_total").increment(by: 0)
        Counter(label: "cloudoptim_fenced_writes_total").increment(by: 0)
    }

    /// Measures from when a job was due to its first start: of a later one it is not known since when it was due.
    static func started(_ lease: Lease) {
        guard lease.attemptsUsed == 0, !lease.mayHaveRun else { return }
        let due = max(lease.job.runAt, lease.job.submittedAt)
        known[lease.job.type]?.wait.recordSeconds(max(0, lease.claimedAt.timeIntervalSince(due)))
    }

    /// Measures what was left to the deadline when a job ended; negative if it ended after it.
    static func ended(_ lease: Lease?, _ attempt: AttemptRecord, verdict: AttemptVerdict?) {
        guard attempt.isTerminal, case .recorded? = verdict, let lease, let deadline = lease.job.deadline
        else { return }
        let left = deadline.timeIntervalSince(attempt.startedAt) - attempt.duration.seconds
        known[lease.job.type]?.slack.record(left)
    }
}
