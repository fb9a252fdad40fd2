import FoundationEssentials
import Store

/// Messages as AWS sends them.
enum Samples {
    static let time = "2026-03-04T05:06:07Z"

    static func eventBridge(
        _ source: String,
        _ type: String,
        _ detail: String,
        id: String = "11111111-2222-3333-4444-555555555555",
        time: String = Samples.time
    ) -> String {
        """
        {"version":"0","id":"\(id)","detail-type":"\(type)","source":"\(source)","account":"123456789012",
         "time":"\(time)","region":"eu-central-1","resources":["arn:aws:ec2:us-east-1b:instance/i-0wrong"],
         "detail":\(detail)}
        """
    }

    static func warning(
        _ action: String = "terminate",
        instance: String = "i-0abc1234def567890",
        id: String = "11111111-2222-3333-4444-555555555555",
        time: String = Samples.time
    ) -> String {
        eventBridge(
            "aws.ec2",
            "EC2 Spot Instance Interruption Warning",
            #"{"instance-id":"\#(instance)","instance-action":"\#(action)"}"#,
            id: id,
            time: time
        )
    }

    static func rebalance(
        instance: String = "i-0abc1234def567890",
        id: String = "r",
        time: String = Samples.time
    )
        -> String
    {
        eventBridge(
            "aws.ec2",
            "EC2 Instance Rebalance Recommendation",
            #"{"instance-id":"\#(instance)"}"#,
            id: id,
            time: time
        )
    }

    static func state(
        _ state: String,
        instance: String = "i-0abc1234def567890",
        id: String = "11111111-2222-3333-4444-555555555555",
        time: String = Samples.time
    ) -> String {
        eventBridge(
            "aws.ec2",
            "EC2 Instance State-change Notification",
            #"{"instance-id":"\#(instance)","state":"\#(state)"}"#,
            id: id,
            time: time
        )
    }

    static let capacity = eventBridge(
        "aws.ec2",
        "EC2 Capacity Reservation Instance Interruption Warning",
        #"{"instance-id":"i-0abc1234def567890","instance-action":"terminate"}"#
    )

    static func health(
        service: String = "EC2",
        category: String = "scheduledChange",
        start: String = "Wed, 4 Mar 2026 06:00:00 GMT",
        entities: [String] = ["i-0aaa", "i-0bbb"],
        more: String = ""
    ) -> String {
        let list = entities.map { #"{"entityValue":"\#($0)","tags":{"Name":"n"}}"# }.joined(separator: ",")
        return eventBridge(
            "aws.health",
            "AWS Health Event",
            """
            {"eventArn":"arn:aws:health:x","service":"\(service)","eventTypeCategory":"\(category)",
             "eventTypeCode":"AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED","startTime":"\(start)",
             "eventDescription":[{"language":"en_US","latestDescription":"retired"}]\(more),
             "affectedEntities":[\(list)]}
            """
        )
    }

    private static let lifecycle = #"""
        "LifecycleActionToken":"87654321-4321-4321-4321-210987654321","AutoScalingGroupName":"nodes",
        "LifecycleHookName":"drain","EC2InstanceId":"i-0abc1234def567890",
        "LifecycleTransition":"autoscaling:EC2_INSTANCE_TERMINATING"
        """#

    static let autoScaling = eventBridge(
        "aws.autoscaling",
        "EC2 Instance-terminate Lifecycle Action",
        "{\(lifecycle)}"
    )

    /// What a hook sends without EventBridge.
    static let autoScalingDirect = """
        {"Origin":"AutoScalingGroup","Destination":"EC2","AccountId":"123456789012","RequestId":"r-1",
         "AutoScalingGroupARN":"arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:1:autoScalingGroupName/n",
         "Service":"AWS Auto Scaling","Time":"2026-03-04T05:06:07.500+00:00",\(lifecycle)}
        """

    static let autoScalingTest = """
        {"AccountId":"123456789012","RequestId":"r-2","AutoScalingGroupName":"nodes","Service":"AWS Auto Scaling",
         "Event":"autoscaling:TEST_NOTIFICATION","Time":"2026-03-04T05:06:07.500Z"}
        """

    static func notification(_ message: String, type: String = "Notification") throws -> String {
        let text = try JSONValue.string(message).serialized()
        return """
            {"Type":"\(type)","MessageId":"m","TopicArn":"arn:aws:sns:eu-central-1:123456789012:t",
             "Message":\(String(decoding: text, as: UTF8.self)),"Timestamp":"2026-03-04T05:06:08.000Z"}
            """
    }

    /// Every one that is an event.
    static let events = [
        warning(), warning("stop"), warning("hibernate"), rebalance(), state("pending"),
        state("shutting-down"),
        state("terminated"), capacity, health(), autoScaling, autoScalingDirect,
    ]
}
