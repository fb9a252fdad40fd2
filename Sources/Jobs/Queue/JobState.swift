/// Where a job is, in the words users see.
public enum JobState: String, Sendable, CaseIterable {
    /// Waits for its time.
    case delayed
    /// Waits for its time after a run that failed.
    case retrying
    /// Waits for a worker.
    case ready
    /// Waits for the job that holds its exclusive key.
    case blocked
    /// Runs.
    case running
    /// Did what it should.
    case success
    /// Could not.
    case failed
    /// Its deadline passed.
    case timeout
    /// Was taken back.
    case cancelled

    /// Whether nothing more will happen to it.
    public var isTerminal: Bool {
        switch self {
        case .success, .failed, .timeout, .cancelled: true
        case .delayed, .retrying, .ready, .blocked, .running: false
        }
    }
}
