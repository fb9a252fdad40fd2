import FoundationEssentials
import Store

/// Messages that a lifecycle hook of Auto Scaling sends by itself, without EventBridge.
enum AutoScalingMessage {
    static func parse(_ fields: EventFields, region: String?) throws(UnreadableMessage) -> ParsedMessage {
        if let event = try fields.text("Event", atMost: 256) {
            // Sent when the hook is made.
            return .ignored(reason: "Auto Scaling says \(EventFields.shown(event))")
        }
        let transition = try fields.required("LifecycleTransition", atMost: 256)
        guard transition == "autoscaling:EC2_INSTANCE_TERMINATING" else {
            return .ignored(reason: "no rule for \(EventFields.shown(transition))")
        }
        let instance = try fields.instance("EC2InstanceId")
        // There is no id of an event; each action of a hook has a token of its own.
        let token = try fields.text("LifecycleActionToken", atMost: 128)
        let request = try fields.text("RequestId", atMost: 128)
        guard let id = token ?? request else { throw fields.missing("LifecycleActionToken") }
        return .events([
            InterruptionEvent(
                kind: .autoScalingTermination,
                sourceID: id,
                instanceID: instance,
                account: try fields.text("AccountId", atMost: 32),
                region: try groupRegion(fields) ?? region,
                time: try fields.time("Time"),
                detail: EventDetail.bounded(fields.value)
            )
        ])
    }

    /// `arn:aws:autoscaling:REGION:ACCOUNT:autoScalingGroup:…`, which newer messages have.
    private static func groupRegion(_ fields: EventFields) throws(UnreadableMessage) -> String? {
        guard let arn = try fields.text("AutoScalingGroupARN", atMost: 2048) else { return nil }
        let parts = arn.split(separator: ":", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, parts[2] == "autoscaling", (1...40).contains(parts[3].utf8.count) else {
            return nil
        }
        return String(parts[3])
    }
}
