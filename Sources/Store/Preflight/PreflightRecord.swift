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
    /// The registration that was asked about, as a hash.
    public var subject: String?
    /// Whether the cluster's or its customer's registration is another by now; only told by the store.
    public var isStale = false

    /// Makes a record from all of its fields.
    public init(
        clusterID: UUID,
        jobID: UUID,
        askedAt: Date,
        verdict: String,
        report: [UInt8],
        subject: String?
    ) {
        self.clusterID = clusterID
        self.jobID = jobID
        self.askedAt = askedAt
        self.verdict = verdict
        self.report = report
        self.subject = subject
    }
}
