/// How long things take in the simulated clusters and their cloud.
struct Pace: Sendable {
    /// From a launch until the machine runs.
    var launchSeconds = 2.0
    /// From a launch until its node is ready.
    var bootSeconds = 6.0
    /// From termination until the machine is gone.
    var shutdownSeconds = 1.0
    /// From the begin of a disk's copy until it is complete.
    var snapshotSeconds = 2.0
    /// How long EC2 tells of what was terminated.
    var memorySeconds = 3600.0
}
