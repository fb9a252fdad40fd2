import FoundationEssentials
import Interruptions
import Store
import Testing

@Suite("Interruption parser") struct InterruptionParserTests {
    private func events(_ body: String, region: String? = nil) throws -> [InterruptionEvent] {
        guard case .events(let events) = try InterruptionParser.parse(body, region: region) else { return [] }
        return events
    }

    private func only(_ body: String, region: String? = nil) throws -> InterruptionEvent {
        let found = try events(body, region: region)
        #expect(found.count == 1)
        return try #require(found.first)
    }

    private func ignored(_ body: String) throws -> String? {
        guard case .ignored(let reason) = try InterruptionParser.parse(body) else { return nil }
        return reason
    }

    @Test(arguments: InterruptionEvent.SpotAction.allCases)
    func readsSpotWarnings(_ action: InterruptionEvent.SpotAction) throws {
        let event = try only(Samples.warning(action.rawValue))
        #expect(event.kind == .spotInterruption(action))
        #expect(event.sourceID == "11111111-2222-3333-4444-555555555555")
        #expect(event.instanceID == "i-0abc1234def567890")
        #expect(event.account == "123456789012")
        // Not the one of the ARN, which is a zone's.
        #expect(event.region == "eu-central-1")
        #expect(event.time.rfc3339 == "2026-03-04T05:06:07.000Z")
        #expect(event.detail.members?["instance-action"] == .string(action.rawValue))
    }

    @Test func readsTheSeedsSample() throws {
        let event = try only(
            """
            {"version":"0","id":"12345","detail-type":"EC2 Spot Instance Interruption Warning","source":"aws.ec2",
             "time":"2025-11-28T10:00:00Z",
             "detail":{"instance-id":"i-1234567890abcdef0","instance-action":"terminate"}}
            """,
            region: "us-west-2"
        )
        #expect(event.sourceID == "12345")
        #expect(event.account == nil)
        #expect(event.region == "us-west-2")
    }

    @Test func readsTheOtherKinds() throws {
        #expect(try only(Samples.rebalance()).kind == .rebalance)
        #expect(try only(Samples.capacity).kind == .capacityReservation)
        #expect(try only(Samples.autoScaling).kind == .autoScalingTermination)
        for state in InterruptionEvent.State.allCases {
            #expect(try only(Samples.state(state.rawValue)).kind == .stateChange(state))
        }
    }

    @Test func readsHooksWithoutEventBridge() throws {
        let event = try only(Samples.autoScalingDirect, region: "us-east-1")
        #expect(event.kind == .autoScalingTermination)
        #expect(event.sourceID == "87654321-4321-4321-4321-210987654321")
        #expect(event.instanceID == "i-0abc1234def567890")
        #expect(event.region == "eu-west-1")
        #expect(event.time.rfc3339 == "2026-03-04T05:06:07.500Z")
        #expect(try ignored(Samples.autoScalingTest) == "Auto Scaling says 'autoscaling:TEST_NOTIFICATION'")
    }

    @Test func makesOneEventOfEachMachine() throws {
        let found = try events(
            Samples.health(entities: ["i-0aaa", "i-0bbb", "i-0aaa", "h-0ccc", "arn:aws:x"])
        )
        #expect(found.map(\.instanceID) == ["i-0aaa", "i-0bbb"])
        #expect(Set(found.map(\.sourceID)).count == 1)
        let start = Date(rfc3339: "2026-03-04T06:00:00Z")
        #expect(found.allSatisfy { $0.kind == .scheduledEvent(startsAt: start) })
        guard case .array(let kept)? = found[1].detail.members?["affectedEntities"] else {
            Issue.record("no entities")
            return
        }
        #expect(kept.compactMap { $0.members?["entityValue"] } == [.string("i-0bbb")])
    }

    @Test func ignoresWhatIsNoneOfOurBusiness() throws {
        #expect(try ignored(Samples.health(service: "RDS")) != nil)
        #expect(try ignored(Samples.health(category: "accountNotification")) != nil)
        #expect(try ignored(Samples.health(entities: ["h-0ccc"])) != nil)
        #expect(try ignored(Samples.health(more: #","statusCode":"closed""#)) != nil)
        #expect(try ignored(Samples.eventBridge("aws.s3", "Object Created", "{}")) != nil)
        #expect(
            try ignored(Samples.eventBridge("evil", "EC2 Spot Instance Interruption Warning", "{}")) != nil
        )
        #expect(
            try ignored(Samples.eventBridge("aws.autoscaling", "EC2 Instance-launch Lifecycle Action", "{}"))
                != nil
        )
        let confirmation = try Samples.notification("hello", type: "SubscriptionConfirmation")
        #expect(try ignored(confirmation) != nil)
    }

    @Test(arguments: Samples.events)
    func unwrapsNotifications(_ body: String) throws {
        let plain = try InterruptionParser.parse(body)
        #expect(try InterruptionParser.parse(try Samples.notification(body)) == plain)
        let twice = try Samples.notification(try Samples.notification(body))
        #expect(try InterruptionParser.parse(twice) == plain)
    }

    @Test(arguments: [
        ("", UnreadableMessage.Code.notJSON), ("hello", .notJSON), ("{", .notJSON), ("[]", .notJSON),
        ("null", .notJSON), ("{}", .notAnEvent), (#"{"Records":[]}"#, .notAnEvent),
        (#"{"Type":"Notification","Message":"hello","TopicArn":"t"}"#, .notJSON),
        (#"{"Type":"Notification","Message":"{}","TopicArn":"t"}"#, .notAnEvent),
        (#"{"Type":"Notification","TopicArn":"t"}"#, .wrongField),
        (#"{"detail-type":7}"#, .wrongField), (#"{"detail-type":"x"}"#, .wrongField),
        (Samples.warning("explode"), .wrongField), (Samples.warning(instance: ""), .wrongField),
        (Samples.warning(instance: "../../etc"), .wrongField), (Samples.warning(id: ""), .wrongField),
        (Samples.warning(id: #"a\u0000b"#), .wrongField),
        (Samples.warning(time: "yesterday"), .wrongField),
        (Samples.warning(time: "0001-01-01T00:00:00Z"), .wrongField),
        (Samples.state("sleeping"), .wrongField),
        (Samples.eventBridge("aws.ec2", "EC2 Instance Rebalance Recommendation", "[]"), .wrongField),
        (#"{"LifecycleTransition":"autoscaling:EC2_INSTANCE_TERMINATING"}"#, .wrongField),
        (Samples.warning() + String(repeating: " ", count: InterruptionParser.maximumBytes), .tooLarge),
        (Samples.health(entities: (0...1000).map { "i-0\($0)" }), .tooLarge),
        (String(repeating: "[", count: 100_000), .notJSON),
    ])
    func saysWhatIsWrong(_ body: String, _ code: UnreadableMessage.Code) {
        let error = #expect(throws: UnreadableMessage.self) { try InterruptionParser.parse(body) }
        #expect(error?.code == code)
        #expect((error?.reason ?? "").utf8.count < 200)
    }

    @Test func nestsOnlySoDeep() throws {
        var body = Samples.warning()
        for _ in 0..<4 { body = try Samples.notification(body) }
        #expect(throws: UnreadableMessage.self) { try InterruptionParser.parse(body) }
    }

    @Test func keepsDetailsWithinBounds() throws {
        let long = String(repeating: "x", count: 100_000)
        let body = Samples.eventBridge(
            "aws.ec2",
            "EC2 Instance Rebalance Recommendation",
            #"{"instance-id":"i-0abc","more":"\#(long)","nul":"a\u0000b"}"#
        )
        let event = try only(body)
        #expect(event.detail == .object(["instance-id": .string("i-0abc"), "nul": .string("ab")]))
        let health = Samples.health(
            entities: (0..<1000).map { "i-0\($0)" },
            more: #","more":"\#(long)""#
        )
        let found = try events(health)
        #expect(found.count == 1000)
        for event in found { #expect(try event.detail.serialized().count < 1000) }
    }

    @Test func readsTimesOfHealth() throws {
        func start(_ text: String) throws -> String? {
            guard case .scheduledEvent(let date)? = try events(Samples.health(start: text)).first?.kind else {
                return nil
            }
            return date?.rfc3339
        }
        #expect(try start("Wed, 27 Jan 2021 01:00:00 GMT") == "2021-01-27T01:00:00.000Z")
        #expect(try start("Fri, 1 Jan 2021 01:00:00 GMT") == "2021-01-01T01:00:00.000Z")
        #expect(try start("2021-01-27T01:00:00Z") == "2021-01-27T01:00:00.000Z")
        #expect(try start("Wed, 31 Feb 2021 01:00:00 GMT") == nil)
        #expect(try start("soon") == nil)
    }
}
