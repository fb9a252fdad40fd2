import FoundationEssentials
public import Store

/// Reads what AWS sends to a queue: events of EventBridge and of Auto Scaling, with or without SNS around them.
///
/// Pure. The shapes are those of
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html,
/// https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks.html and
/// https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html. What comes beside the
/// fields that are read is let through: AWS adds fields.
public enum InterruptionParser {
    /// Bytes of a body that are read: the longest message that SQS takes.
    public static let maximumBytes = 1_048_576
    /// Machines that one event may name.
    public static let maximumEntities = 1000

    private static let maximumWrappings = 3

    /// Reads a body.
    ///
    /// - Parameters:
    ///   - body: As it was sent.
    ///   - region: Where the queue is, for messages that don't say.
    /// - Returns: What it says.
    /// - Throws: ``UnreadableMessage`` for what is no event, or a broken one.
    public static func parse(
        _ body: String,
        region: String? = nil
    ) throws(UnreadableMessage) -> ParsedMessage {
        guard body.utf8.count <= maximumBytes else {
            throw UnreadableMessage(.tooLarge, "the body is longer than 1 MiB")
        }
        return try parse(try json(body, "the body is no JSON"), region: region, wrappings: 0)
    }

    private static func json(_ text: String, _ reason: String) throws(UnreadableMessage) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue(parsing: Array(text.utf8))
        } catch {
            throw UnreadableMessage(.notJSON, reason)
        }
    }

    /// Reads a body that is parsed already.
    ///
    /// - Throws: ``UnreadableMessage``, as for text.
    public static func parse(
        _ value: JSONValue,
        region: String? = nil
    ) throws(UnreadableMessage) -> ParsedMessage {
        try parse(value, region: region, wrappings: 0)
    }

    private static func parse(
        _ value: JSONValue,
        region: String?,
        wrappings: Int
    ) throws(UnreadableMessage) -> ParsedMessage {
        guard case .object(let members) = value else {
            throw UnreadableMessage(.notJSON, "the body is no JSON object")
        }
        let fields = EventFields(members)
        if fields.has("detail-type") { return try EventBridgeEvent.parse(fields, region: region) }
        if let kind = try fields.text("Type", atMost: 64), fields.has("TopicArn") || fields.has("Message") {
            return try unwrap(kind, fields, region: region, wrappings: wrappings)
        }
        if fields.has("LifecycleTransition") || fields.has("Event") {
            return try AutoScalingMessage.parse(fields, region: region)
        }
        throw UnreadableMessage(.notAnEvent, "neither an event of EventBridge, nor a message of Auto Scaling")
    }

    /// Takes a message out of the notification of SNS that it is in.
    private static func unwrap(
        _ kind: String,
        _ fields: EventFields,
        region: String?,
        wrappings: Int
    ) throws(UnreadableMessage) -> ParsedMessage {
        guard kind == "Notification" else {
            return .ignored(reason: "SNS says \(EventFields.shown(kind)), which is no event")
        }
        guard wrappings < maximumWrappings else {
            throw UnreadableMessage(.notAnEvent, "notifications of SNS are nested too deeply")
        }
        let text = try fields.required("Message", atMost: maximumBytes)
        let inner = try json(text, "the notification's Message is no JSON")
        return try parse(inner, region: region, wrappings: wrappings + 1)
    }
}
