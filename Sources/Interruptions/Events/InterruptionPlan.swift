public import FoundationEssentials
public import Jobs
public import Store

/// What is to be done about an event.
///
/// Pure: time goes in.
public struct InterruptionPlan: Sendable {
    /// How the event is recorded: accepted, late or ignored.
    public let status: SpotEventRecord.Status
    /// Why there is less to do than usual.
    public let reason: String?
    /// When the machine is lost, or the advice has no more use; nil if it is neither.
    public let deadline: Date?
    /// The job, without its cluster; nil if there is nothing to do.
    public let submission: JobSubmission?

    /// How long a job has that comes too late to save anything: the machine can still be replaced.
    public static let afterwards = 600.0

    /// - Parameters:
    ///   - event: What AWS says.
    ///   - customer: Whose machine it is.
    ///   - stop: The interruption that stopped the machine before; nil if none did.
    ///   - submitter: Who brought the event.
    ///   - now: The time.
    public init(
        _ event: InterruptionEvent,
        customer: UUID,
        after stop: SpotEventStore.Stop? = nil,
        by submitter: String,
        at now: Date
    ) {
        if event.kind == .stateChange(.running), let stop {
            self.init(.accepted, nil, nil, Self.giveBack(after: stop, customer: customer, by: submitter))
            return
        }
        guard let action = event.kind.action else {
            self.init(.ignored, "nothing is to be done about a machine in this state", nil, nil)
            return
        }
        let deadline = Self.deadline(of: event, at: now)
        var submission = JobSubmission(
            type: JobType.handleSpotWarning.rawValue,
            customerID: customer,
            submittedBy: submitter
        )
        submission.parameters = [
            "instance_id": .string(event.instanceID), "action": .string(action),
            "event_time": .string(event.time.rfc3339),
        ]
        submission.parameters["region"] = event.region.map(JSONValue.string)
        submission.priority = event.kind.isWarning ? 1 : 2
        submission.dedupeKey = Self.dedupeKey(event)
        submission.whenDuplicate = .merge
        submission.deadline = deadline
        if deadline > now {
            self.init(.accepted, nil, deadline, submission)
        } else if event.kind == .rebalance {
            self.init(.late, "the recommendation came too late to be of use", deadline, nil)
        } else {
            // The machine may be gone, and is missed all the more.
            submission.deadline = now.addingTimeInterval(Self.afterwards)
            let lag = Int(now.timeIntervalSince(event.time))
            self.init(.late, "heard of \(lag) s after the event", deadline, submission)
        }
    }

    /// What gives the node back whose machine runs again.
    private static func giveBack(
        after stop: SpotEventStore.Stop,
        customer: UUID,
        by submitter: String
    ) -> JobSubmission {
        var submission = JobSubmission(
            type: JobType.settleInterruption.rawValue,
            clusterID: stop.clusterID,
            customerID: customer,
            submittedBy: submitter
        )
        submission.parameters = [
            "interruption": .string(stop.interruption.text), "machine_started": .bool(true),
        ]
        submission.dedupeKey = "settle-started:\(stop.interruption.text)"
        submission.whenDuplicate = .merge
        return submission
    }

    private init(
        _ status: SpotEventRecord.Status,
        _ reason: String?,
        _ deadline: Date?,
        _ submission: JobSubmission?
    ) {
        self.status = status
        self.reason = reason
        self.deadline = deadline
        self.submission = submission
    }

    private static func deadline(of event: InterruptionEvent, at now: Date) -> Date {
        // A time ahead of ours is a clock that is wrong, and gives nobody more than two minutes.
        let start = min(event.time, now)
        return switch event.kind {
        case .spotInterruption, .autoScalingTermination, .capacityReservation:
            start.addingTimeInterval(120)
        case .rebalance: start.addingTimeInterval(30 * 60)
        case .stateChange: start.addingTimeInterval(10 * 60)
        case .scheduledEvent(let startsAt):
            min(startsAt ?? .distantFuture, now.addingTimeInterval(6 * 3600))
        }
    }

    /// One for each machine and urgency: what is said twice is done once, and a warning never waits for what was
    /// begun on a mere recommendation.
    private static func dedupeKey(_ event: InterruptionEvent) -> String {
        let urgency =
            switch event.kind {
            case .spotInterruption, .autoScalingTermination, .capacityReservation: "warning"
            case .rebalance: "rebalance"
            case .stateChange, .scheduledEvent: "other"
            }
        return "interruption:\(event.instanceID):\(urgency)"
    }
}
