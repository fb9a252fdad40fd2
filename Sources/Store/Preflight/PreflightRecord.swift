public import FoundationEssentials

/// What a customer let us do with a cluster when it was last asked.
public struct PreflightRecord: Sendable, Equatable {
    /// The cluster.
    public var clusterID: UUID
    /// The job that asked.
    public var jobID: UUID
    /// When.
    public var askedAt: Date
    /// `ready`, `limited`, `blocked` or `unknown`.
    public var verdict: String
    /// The whole report, JSON.
    public var report: [UInt8]

    /// Makes a record from all of its fields.
    public init(clusterID: UUID, jobID: UUID, askedAt: Date, verdict: String, report: [UInt8]) {
        self.clusterID = clusterID
        self.jobID = jobID
        self.askedAt = askedAt
        self.verdict = verdict
        self.report = report
    }
}
