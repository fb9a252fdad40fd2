import Metrics
import Store
import Synchronization

/// The metrics of runs, by the names of the contract.
///
/// Labels are type and status, never an id.
enum JobMetrics {
    /// A few of each: making one anew for every run would cost more than counting with it.
    private struct Handles {
        var finished: [Finished: Counter] = [:]
        var runSeconds: [String: Timer] = [:]
    }

    private struct Finished: Hashable {
        let type: String
        let status: AttemptRecord.Status
    }

    private static let handles = Mutex(Handles())
    private static let fencedWrites = Counter(label: "cloudoptim_fenced_writes_total")
    private static let leasesLost = Counter(label: "cloudoptim_leases_lost_total")

    /// Counts a run that was settled.
    static func settled(_ attempt: AttemptRecord, verdict: AttemptVerdict?) {
        switch verdict {
        case .recorded where attempt.isTerminal:
            finished(attempt.queue, attempt.status).increment()
            runSeconds(attempt.queue).recordSeconds(attempt.duration.seconds)
        case .recorded, .alreadyFinished: break
        case .claimSettled, .outdated, nil: fencedWrites.increment()
        }
    }

    /// Counts a lease that was lost while its job ran.
    static func leaseLost() {
        leasesLost.increment()
    }

    private static func finished(_ type: String, _ status: AttemptRecord.Status) -> Counter {
        handles.withLock { handles in
            let key = Finished(type: type, status: status)
            if let known = handles.finished[key] { return known }
            let counter = Counter(
                label: "cloudoptim_jobs_finished_total",
                dimensions: [("type", type), ("status", status.rawValue)]
            )
            handles.finished[key] = counter
            return counter
        }
    }

    private static func runSeconds(_ type: String) -> Timer {
        handles.withLock { handles in
            if let known = handles.runSeconds[type] { return known }
            let timer = Timer(label: "cloudoptim_job_run_seconds", dimensions: [("type", type)])
            handles.runSeconds[type] = timer
            return timer
        }
    }
}
