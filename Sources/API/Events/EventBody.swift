import FoundationEssentials
import Store

/// An event as clients see it.
struct EventBody: Encodable {
    let eventId: String
    @Nullable var customerId: String?
    @Nullable var clusterId: String?
    let sourceEventId: String
    let instanceId: String
    @Nullable var nodeName: String?
    let eventType: String
    let eventTime: Date
    let receivedAt: Date
    /// AWS's own words.
    let detail: JSONValue
    @Nullable var accountId: String?
    @Nullable var region: String?
    @Nullable var deadline: Date?
    @Nullable var jobId: String?
    let status: String
    @Nullable var reason: String?
    @Nullable var actionTaken: String?
    @Nullable var replacementInstanceId: String?
    @Nullable var drainDurationSeconds: Int?
    /// Seconds from the event to each thing done.
    let timings: JSONValue
    let pods: JSONValue
    @Nullable var processedAt: Date?

    init(_ record: SpotEventRecord) throws {
        eventId = record.id.text
        customerId = record.customerID?.text
        clusterId = record.clusterID?.text
        sourceEventId = record.sourceEventID
        instanceId = record.instanceID
        nodeName = record.nodeName
        eventType = record.eventType
        eventTime = record.eventTime
        receivedAt = record.receivedAt
        detail = try Self.json(record.detail)
        accountId = record.accountID
        region = record.region
        deadline = record.deadline
        jobId = record.jobID?.text
        status = record.status.rawValue
        reason = record.reason
        actionTaken = record.actionTaken
        replacementInstanceId = record.replacementInstanceID
        drainDurationSeconds = record.drainDurationSeconds
        timings = try Self.json(record.timings)
        pods = try Self.json(record.pods)
        processedAt = record.processedAt
    }

    private static func json(_ bytes: [UInt8]?) throws -> JSONValue {
        try bytes.map { try JSONValue(parsing: $0) } ?? .null
    }
}

/// What became of an event that a client brought.
struct EventAnswer: Encodable {
    /// That of the first machine, and `ignored` if the event is about none.
    let status: String
    @Nullable var reason: String?
    @Nullable var actionTaken: String?
    let eventIds: [String]
    let jobIds: [String]
    let events: [EventBody]

    init(_ records: [SpotEventRecord]) throws {
        status = records.first?.status.rawValue ?? SpotEventRecord.Status.ignored.rawValue
        reason = records.first?.reason
        actionTaken = records.first?.actionTaken
        eventIds = records.map(\.id.text)
        var seen: Set<UUID> = []
        jobIds = records.compactMap(\.jobID).filter { seen.insert($0).inserted }.map(\.text)
        events = try records.map { try EventBody($0) }
    }

    init(ignored reason: String) {
        status = SpotEventRecord.Status.ignored.rawValue
        self.reason = reason
        actionTaken = nil
        eventIds = []
        jobIds = []
        events = []
    }
}
