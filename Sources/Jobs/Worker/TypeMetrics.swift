import FoundationEssentials
import Metrics
import Store

/// The metrics of a job from submission to outcome, made once for each type: to look one up costs more than to count.
enum TypeMetrics {
    private static let submitted = each { Counter(label: "cloudoptim_jobs_submitted_total", dimensions: $0) }
    private static let wait = each { Timer(label: "cloudoptim_job_wait_seconds", dimensions: $0) }
    private static let slack = each {
        Recorder(label: "cloudoptim_job_slack_seconds", dimensions: $0, aggregate: true)
    }

    private static func each<Metric>(_ make: ([(String, String)]) -> Metric) -> [String: Metric] {
        let types = JobCatalogue.served.map(\.rawValue)
        return Dictionary(uniqueKeysWithValues: types.map { ($0, make([("type", $0)])) })
    }

    /// Counts jobs that were accepted.
    static func accepted(_ jobs: [JobRecord]) {
        var counts: [String: Int] = [:]
        for job in jobs { counts[job.type, default: 0] += 1 }
        for (type, count) in counts { submitted[type]?.increment(by: count) }
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
        wait[lease.job.type]?.recordSeconds(max(0, lease.claimedAt.timeIntervalSince(due)))
    }

    /// Measures what was left to the deadline when a job ended; negative if it ended after it.
    static func ended(_ lease: Lease?, _ attempt: AttemptRecord, verdict: AttemptVerdict?) {
        guard attempt.isTerminal, case .recorded? = verdict, let lease, let deadline = lease.job.deadline
        else { return }
        let left = deadline.timeIntervalSince(attempt.startedAt) - attempt.duration.seconds
        slack[lease.job.type]?.record(left)
    }
}
