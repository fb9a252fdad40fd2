public import FoundationEssentials

/// An accepted job, as the journal keeps it.
public struct JobRecord: Sendable, Equatable {
    /// UUIDv7: made at submission, or from schedule and tick.
    public var id: UUID
    /// The name of its type in the catalogue.
    public var type: String
    /// The queue it waits in; its type unless set.
    public var queue: String
    /// The cluster it is about.
    public var clusterID: UUID?
    /// Whose it is; nil for the fleet's own jobs.
    public var customerID: UUID?
    /// The type's parameters, a JSON object.
    public var parameters: [UInt8]
    /// 1 (first) to 10.
    public var priority: Int
    /// When it has no more use.
    public var deadline: Date?
    /// When it may start at the earliest.
    public var runAt: Date
    /// How many runs may fail, 1 to 100.
    public var maxAttempts: Int
    /// At most one job of a key runs at a time.
    public var exclusiveKey: String?
    /// At most one unfinished job of a customer has a key.
    public var dedupeKey: String?
    /// Decide, report, but change nothing outside.
    public var isDryRun: Bool
    /// W3C trace context of the request that submitted it.
    public var traceparent: String?
    /// When it was committed, by PostgreSQL's clock.
    public var submittedAt: Date
    /// The key's name, or the schedule's.
    public var submittedBy: String

    /// Makes a record from all of its fields.
    public init(
        id: UUID,
        type: String,
        queue: String,
        clusterID: UUID? = nil,
        customerID: UUID? = nil,
        parameters: [UInt8],
        priority: Int,
        deadline: Date? = nil,
        runAt: Date,
        maxAttempts: Int,
        exclusiveKey: String? = nil,
        dedupeKey: String? = nil,
        isDryRun: Bool = false,
        traceparent: String? = nil,
        submittedAt: Date,
        submittedBy: String
    ) {
        self.id = id
        self.type = type
        self.queue = queue
        self.clusterID = clusterID
        self.customerID = customerID
        self.parameters = parameters
        self.priority = priority
        self.deadline = deadline
        self.runAt = runAt
        self.maxAttempts = maxAttempts
        self.exclusiveKey = exclusiveKey
        self.dedupeKey = dedupeKey
        self.isDryRun = isDryRun
        self.traceparent = traceparent
        self.submittedAt = submittedAt
        self.submittedBy = submittedBy
    }
}

extension JobRecord {
    /// What `submittedBy` of a schedule's job begins with.
    public static let schedulePrefix = "schedule:"

    /// Whether the clock made it.
    public var isScheduled: Bool { submittedBy.hasPrefix(Self.schedulePrefix) }
}
