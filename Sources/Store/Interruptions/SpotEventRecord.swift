public import FoundationEssentials

/// What AWS told about one machine, and what came of it.
public struct SpotEventRecord: Sendable, Equatable {
    /// How far it has come.
    public enum Status: String, Sendable, CaseIterable {
        /// A job has it.
        case accepted
        /// The job has ended well.
        case handled
        /// The job has ended otherwise, or there could be none.
        case failed
        /// It came too late to save what was on the machine.
        case late
        /// The machine is none of the customer's clusters'.
        case foreign
        /// There is nothing to do about it.
        case ignored
    }

    /// UUIDv7.
    public var id: UUID
    /// Whose machine it is.
    public var customerID: UUID?
    /// The machine's cluster, if it is known.
    public var clusterID: UUID?
    /// The id AWS gave the event.
    public var sourceEventID: String
    /// The machine.
    public var instanceID: String
    /// The machine's node, if it is known.
    public var nodeName: String?
    /// `interruption_warning`, `terminated` and so on.
    public var eventType: String
    /// When AWS said it.
    public var eventTime: Date
    /// When it was stored.
    public var receivedAt: Date
    /// AWS's own words, a JSON object.
    public var detail: [UInt8]?
    /// The queue that brought it; nil if it came otherwise.
    public var queueURL: String?
    /// Twelve digits.
    public var accountID: String?
    /// Where.
    public var region: String?
    /// When the machine is lost.
    public var deadline: Date?
    /// The job that has it.
    public var jobID: UUID?
    /// How far it has come.
    public var status: Status
    /// Why not further.
    public var reason: String?
    /// What was done.
    public var actionTaken: String?
    /// The machine that took its place.
    public var replacementInstanceID: String?
    /// Whole seconds that the drain took.
    public var drainDurationSeconds: Int?
    /// Seconds from the event to each thing done, by name: a JSON object.
    public var timings: [UInt8]?
    /// What became of each pod: JSON.
    public var pods: [UInt8]?
    /// When its job ended.
    public var processedAt: Date?
}

/// An event on its way into the store.
public struct NewSpotEvent: Sendable, Equatable {
    /// UUIDv7.
    public var id: UUID
    /// The id AWS gave the event.
    public var sourceEventID: String
    /// The machine.
    public var instanceID: String
    /// `interruption_warning`, `terminated` and so on.
    public var eventType: String
    /// When AWS said it.
    public var eventTime: Date
    /// AWS's own words, a JSON object.
    public var detail: [UInt8]
    /// The queue that brought it; nil if it came otherwise.
    public var queueURL: String?
    /// Twelve digits.
    public var accountID: String?
    /// Where.
    public var region: String?
    /// When the machine is lost.
    public var deadline: Date?
    /// How far it comes.
    public var status: SpotEventRecord.Status
    /// Why not further.
    public var reason: String?

    /// Makes one from all of its fields.
    public init(
        id: UUID = .version7(),
        sourceEventID: String,
        instanceID: String,
        eventType: String,
        eventTime: Date,
        detail: [UInt8],
        queueURL: String? = nil,
        accountID: String? = nil,
        region: String? = nil,
        deadline: Date? = nil,
        status: SpotEventRecord.Status,
        reason: String? = nil
    ) {
        self.id = id
        self.sourceEventID = sourceEventID
        self.instanceID = instanceID
        self.eventType = eventType
        self.eventTime = eventTime
        self.detail = detail
        self.queueURL = queueURL
        self.accountID = accountID
        self.region = region
        self.deadline = deadline
        self.status = status
        self.reason = reason
    }
}

/// What came of an event, as far as its job knows.
public struct SpotEventResult: Sendable, Equatable {
    /// How it ended.
    public var status: SpotEventRecord.Status
    /// Why not better.
    public var reason: String?
    /// What was done.
    public var actionTaken: String?
    /// The machine's cluster; nil leaves what is known.
    public var clusterID: UUID?
    /// The machine's node; nil leaves what is known.
    public var nodeName: String?
    /// The machine that took its place.
    public var replacementInstanceID: String?
    /// Whole seconds that the drain took.
    public var drainDurationSeconds: Int?
    /// Seconds from the event to each thing done, by name: a JSON object.
    public var timings: [UInt8]?
    /// What became of each pod: JSON.
    public var pods: [UInt8]?

    /// Makes a result; what is left out is not known.
    public init(
        _ status: SpotEventRecord.Status,
        reason: String? = nil,
        actionTaken: String? = nil,
        clusterID: UUID? = nil,
        nodeName: String? = nil,
        replacementInstanceID: String? = nil,
        drainDurationSeconds: Int? = nil,
        timings: [UInt8]? = nil,
        pods: [UInt8]? = nil
    ) {
        self.status = status
        self.reason = reason
        self.actionTaken = actionTaken
        self.clusterID = clusterID
        self.nodeName = nodeName
        self.replacementInstanceID = replacementInstanceID
        self.drainDurationSeconds = drainDurationSeconds
        self.timings = timings
        self.pods = pods
    }
}
