import FoundationEssentials
import Store

extension NewSpotEvent {
    /// An event on its way into the store, with what is to be done about it.
    init(_ event: InterruptionEvent, _ plan: InterruptionPlan, from queueURL: String?) throws(JSONError) {
        self.init(
            sourceEventID: event.sourceID,
            instanceID: event.instanceID,
            eventType: event.kind.type.rawValue,
            eventTime: event.time,
            detail: try event.detail.serialized(),
            queueURL: queueURL,
            accountID: event.account,
            region: event.region,
            deadline: plan.deadline,
            status: plan.status,
            reason: plan.reason
        )
    }
}

extension InterruptionEvent {
    /// An event as it was told; nil if the store does not hold enough of it.
    init?(_ record: SpotEventRecord) {
        guard let type = InterruptionType(rawValue: record.eventType),
            // What was stored was read once, and is read again unless somebody changed it by hand.
            let detail = try? JSONValue(parsing: record.detail ?? Array("{}".utf8)),
            let members = detail.members,
            let kind = try? EventDetail.kind(type, EventFields(members))
        else { return nil }
        self.init(
            kind: kind,
            sourceID: record.sourceEventID,
            instanceID: record.instanceID,
            account: record.accountID,
            region: record.region,
            time: record.eventTime,
            detail: detail
        )
    }
}
