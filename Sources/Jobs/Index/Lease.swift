public import FoundationEssentials
public import Store

/// The right to run a job, until it is settled or its time is over.
public struct Lease: Sendable {
    /// The job.
    public let job: JobRecord
    /// Greater than that of any earlier claim of the fleet.
    public let fence: Int64
    /// Runs that failed before.
    public internal(set) var attemptsUsed = 0
    /// Whether an earlier claim may have got an outcome, so that the journal has to be asked first.
    public internal(set) var mayHaveRun = false
    /// Whether the deadline had passed when it was claimed.
    public internal(set) var isExpired = false
    /// Whether somebody took it back before it ran.
    public internal(set) var isCancelled = false
    /// When it was claimed, by Redis's clock.
    public let claimedAt: Date
}
