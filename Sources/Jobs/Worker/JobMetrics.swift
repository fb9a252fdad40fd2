import Metrics
import Store

/// The metrics of runs, by the names of the contract.
///
/// Labels are type and status, never an id.
enum JobMetrics {
    /// Counts a run that was settled.
    static func settled(_ attempt: AttemptRecord, verdict: AttemptVerdict?) {
        switch verdict {
        case .recorded where attempt.isTerminal:
            Counter(
                label: "cloudoptim_jobs_finished_total",
                dimensions: [("type", attempt.queue), ("status", attempt.status.rawValue)]
            ).increment()
            Timer(label: "cloudoptim_job_run_seconds", dimensions: [("type", attempt.queue)])
                .recordSeconds(attempt.duration.seconds)
        case .recorded, .alreadyFinished: break
        case .claimSettled, .outdated, nil: Counter(label: "cloudoptim_fenced_writes_total").increment()
        }
    }

    /// Counts a lease that was lost while its job ran.
    static func leaseLost() {
        Counter(label: "cloudoptim_leases_lost_total").increment()
    }
}
