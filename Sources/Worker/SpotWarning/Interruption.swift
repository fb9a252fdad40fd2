import FoundationEssentials
import Jobs
import Store

/// What AWS says it will do to a machine, and when.
struct Interruption: Sendable, Equatable {
    /// What happens to the machine, by the words of the job's parameter.
    enum Action: String, Sendable, CaseIterable {
        /// Taken for good, two minutes after the event.
        case terminate
        /// Stopped, two minutes after the event; it may come back as the same node.
        case stop
        /// Frozen at once: no time is given.
        case hibernate
        /// More likely to be interrupted than others; nothing is certain.
        case rebalance
        /// Maintenance at a time that is known.
        case scheduled
        /// Its state changed already.
        case stateChange = "state-change"
    }

    /// What is done about it.
    enum Course: Sendable, Equatable {
        /// Cordon, drain until the deadline, and replace beside it.
        case drain
        /// Cordon and replace: the machine is frozen before any pod could stop.
        case cordon
        /// Replace first, then move the pods within their budgets.
        case replaceFirst
        /// Keep a record.
        case record
    }

    /// What AWS gives from the event on (EC2 User Guide, "Spot Instance interruption notices").
    static let notice = Duration.seconds(120)

    let instanceID: String
    let action: Action
    /// By AWS's clock.
    let eventTime: Date
    /// Where the machine is; nil if nobody said.
    let region: String?

    /// Reads a job's parameters, which were checked at submission.
    init(_ job: JobRecord) throws {
        let parameters = try JSONValue(parsing: job.parameters).members ?? [:]
        func text(_ name: String) -> String? {
            guard case .string(let text)? = parameters[name] else { return nil }
            return text
        }
        guard let id = text("instance_id"), Self.isInstanceID(id) else {
            throw JobFailure(
                code: "invalid_parameter",
                message: "parameters.instance_id must be an EC2 instance id, as in i-0123456789abcdef0",
                isRetryable: false
            )
        }
        instanceID = id
        action = text("action").flatMap(Action.init) ?? .terminate
        if let given = text("event_time") {
            guard let time = Date(rfc3339: given) else {
                throw JobFailure(
                    code: "invalid_parameter",
                    message: "parameters.event_time must be a time as in 2026-01-31T12:00:00Z",
                    isRetryable: false
                )
            }
            eventTime = time
        } else {
            eventTime = job.submittedAt
        }
        region = text("region")
    }

    /// What is done about it.
    var course: Course {
        switch action {
        case .terminate, .stop: .drain
        case .hibernate: .cordon
        case .rebalance, .scheduled: .replaceFirst
        // Who stops a machine that AWS did not announce may mean it: nothing is started in its place.
        case .stateChange: .record
        }
    }

    /// When the machine is lost; nil if that is not known.
    var lostAt: Date? {
        switch action {
        case .terminate, .stop: eventTime.addingTimeInterval(Self.notice.seconds)
        case .hibernate: eventTime
        case .rebalance, .scheduled, .stateChange: nil
        }
    }

    private static func isInstanceID(_ id: String) -> Bool {
        id.hasPrefix("i-") && (3...64).contains(id.utf8.count)
            && id.utf8.dropFirst(2).allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
