import FoundationEssentials
import Store

/// Events in EventBridge's envelope.
///
/// The machine is always in `detail`. The ARNs of spot events are not to be relied on: they have a zone in place of
/// the region, and no account.
enum EventBridgeEvent {
    /// What the envelope says, the same for every machine.
    private struct Envelope {
        let id: String
        let account: String?
        let region: String?
        let time: Date
        let detail: EventFields

        init(_ fields: EventFields, region fallback: String?) throws(UnreadableMessage) {
            id = try fields.required("id", atMost: 128)
            account = try fields.text("account", atMost: 32)
            region = try fields.text("region", atMost: 40) ?? fallback
            time = try fields.time("time")
            detail = try fields.object("detail")
        }

        func event(
            _ kind: InterruptionEvent.Kind,
            _ instance: String,
            _ bounded: JSONValue? = nil
        ) -> InterruptionEvent {
            InterruptionEvent(
                kind: kind,
                sourceID: id,
                instanceID: instance,
                account: account,
                region: region,
                time: time,
                detail: bounded ?? EventDetail.bounded(detail.value)
            )
        }
    }

    static func parse(_ fields: EventFields, region: String?) throws(UnreadableMessage) -> ParsedMessage {
        let source = try fields.required("source", atMost: 256)
        let type = try fields.required("detail-type", atMost: 256)
        switch (source, type) {
        case ("aws.ec2", "EC2 Spot Instance Interruption Warning"):
            return try instance(fields, region, .interruptionWarning)
        case ("aws.ec2", "EC2 Instance Rebalance Recommendation"):
            return try instance(fields, region, .rebalanceRecommendation)
        case ("aws.ec2", "EC2 Instance State-change Notification"):
            return try instance(fields, region, .stateChange)
        case ("aws.ec2", "EC2 Capacity Reservation Instance Interruption Warning"):
            return try instance(fields, region, .capacityReservation)
        case ("aws.health", "AWS Health Event"):
            return try health(fields, region)
        case ("aws.autoscaling", "EC2 Instance-terminate Lifecycle Action"):
            let envelope = try Envelope(fields, region: region)
            let instance = try envelope.detail.instance("EC2InstanceId")
            return .events([envelope.event(.autoScalingTermination, instance)])
        default:
            return .ignored(
                reason: "no rule for \(EventFields.shown(type)) of \(EventFields.shown(source))"
            )
        }
    }

    private static func instance(
        _ fields: EventFields,
        _ region: String?,
        _ type: InterruptionType
    ) throws(UnreadableMessage) -> ParsedMessage {
        let envelope = try Envelope(fields, region: region)
        let instance = try envelope.detail.instance("instance-id")
        return .events([envelope.event(try EventDetail.kind(type, envelope.detail), instance)])
    }

    /// What AWS Health plans, once for each machine.
    private static func health(
        _ fields: EventFields,
        _ region: String?
    ) throws(UnreadableMessage) -> ParsedMessage {
        let envelope = try Envelope(fields, region: region)
        let service = try envelope.detail.required("service", atMost: 64)
        let category = try envelope.detail.required("eventTypeCategory", atMost: 64)
        guard service == "EC2", category == "scheduledChange" else {
            return .ignored(
                reason: "AWS Health tells \(EventFields.shown(category)) of \(EventFields.shown(service))"
            )
        }
        guard try envelope.detail.text("statusCode", atMost: 32) != "closed" else {
            return .ignored(reason: "AWS Health tells that a scheduled change is over")
        }
        let entities = try envelope.detail.objects("affectedEntities")
        guard entities.count <= InterruptionParser.maximumEntities else {
            throw UnreadableMessage(.tooLarge, "detail.affectedEntities names too many machines")
        }
        let kind = try EventDetail.kind(.scheduledChange, envelope.detail)
        let common = EventDetail.common(envelope.detail)
        var events: [InterruptionEvent] = []
        var seen: Set<String> = []
        for entity in entities {
            // Not each entity is an instance: it may be a host, or the account.
            let name = try entity.text("entityValue", atMost: 512) ?? ""
            guard EventFields.isInstance(name), seen.insert(name).inserted,
                try entity.text("status", atMost: 32) != "RESOLVED"
            else { continue }
            events.append(envelope.event(kind, name, EventDetail.of(entity, in: common)))
        }
        return events.isEmpty
            ? .ignored(reason: "AWS Health names no machine that is affected") : .events(events)
    }
}
