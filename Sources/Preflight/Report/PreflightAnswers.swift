public import FoundationEssentials

/// What was asked, and what was answered.
public struct PreflightAnswers: Sendable {
    /// By permission; what is missing was not asked.
    public var kubernetes: [KubernetesPermission: CheckResult] = [:]
    /// By action; what is missing was not asked.
    public var aws: [AWSAction: CheckResult] = [:]
    /// Whether the API server is reached and lets us in.
    public var apiServer = CheckResult.unknown(Self.unasked)
    /// Its version, as in `v1.31.2`.
    public var version: String?
    /// When the token ends, if it says so.
    public var tokenExpiresAt: Date?
    /// How far the API server's clock is ahead of ours, in seconds.
    public var clockSkew: Double?
    /// Whether the API server does not let our account ask what it may do.
    public var areReviewsRefused = false
    /// Whether the customer has a role at all.
    public var isRoleRegistered = true
    /// Whether the role can be taken on.
    public var role = CheckResult.unknown(Self.unasked)
    /// Whether the role refuses us without the customer's external id: allowed if it does.
    public var externalID = CheckResult.unknown(Self.unasked)
    /// Whether the customer has a queue of events at all.
    public var isQueueRegistered = true
    /// Whether the queue of events is reached.
    public var queue = CheckResult.unknown(Self.unasked)
    /// How the queue is set up, if it was reached.
    public var queueSettings: QueueSettings?
    /// When it was asked.
    public var askedAt: Date

    static let unasked = "was not checked"

    /// Makes answers to which nothing was asked yet.
    public init(askedAt: Date) {
        self.askedAt = askedAt
    }
}

/// How a queue of events is set up.
public struct QueueSettings: Sendable, Hashable {
    /// How long messages are kept, in seconds.
    public var retentionSeconds: Int?
    /// Who may send to it: its policy, JSON; nil if it has none, or did not say.
    public var policy: String?

    /// Makes settings.
    public init(retentionSeconds: Int?, policy: String?) {
        self.retentionSeconds = retentionSeconds
        self.policy = policy
    }
}
