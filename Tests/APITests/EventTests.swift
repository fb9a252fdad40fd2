import FoundationEssentials
import Postgres
import Store
import TestKit
import Testing

@testable import API

@Suite("Events", .timeLimit(.minutes(1))) struct EventTests {
    private func warning(
        _ instance: String,
        id: String = "e1",
        customer: UUID? = nil,
        age: Double = 1
    ) -> String {
        let owner = customer.map { #""customer_id":"\#($0.text)","# } ?? ""
        return """
            {\(owner)"version":"0","id":"\(id)","detail-type":"EC2 Spot Instance Interruption Warning",
             "source":"aws.ec2","account":"123456789012","time":"\(Date(timeIntervalSinceNow: -age).rfc3339)",
             "region":"us-east-1","resources":["arn:aws:ec2:us-east-1b:instance/x"],
             "detail":{"instance-id":"\(instance)","instance-action":"terminate"}}
            """
    }

    @Test func makesAnEventAndItsJob() async throws {
        try await TestAPI.with { api in
            let customer = try await api.customer()
            let cluster = try await api.cluster("shop", of: customer)
            try await api.node("i-0abc", in: cluster)
            let body = warning("i-0abc", customer: customer)
            let answer = try await api.send("POST", "events/process", body)
            #expect(answer.status == 201)
            #expect(answer.string("status") == "accepted")
            #expect(answer["action_taken"] == .null)
            let event = try #require(answer["events"]?.firstItem?.members)
            #expect(event["cluster_id"] == .string(cluster.text))
            #expect(event["instance_id"] == .string("i-0abc"))
            #expect(event["event_type"] == .string("interruption_warning"))
            #expect(event["detail"]?.members?["instance-action"] == .string("terminate"))
            #expect(answer["event_ids"]?.firstItem == event["event_id"])
            let job = try #require(event["job_id"]?.text)
            #expect(answer["job_ids"]?.firstItem == .string(job))
            let shown = try await api.send("GET", "jobs/\(job)")
            #expect(shown.string("type") == "handle-spot-warning")
            #expect(shown.string("cluster_id") == cluster.text)
            #expect(shown.string("customer_id") == customer.text)
            let again = try await api.send("POST", "events/process", body)
            #expect(again.status == 200)
            #expect(again["event_ids"] == answer["event_ids"])
            #expect(again["job_ids"] == answer["job_ids"])
        }
    }

    @Test func keepsAWSsOwnNames() async throws {
        try await TestAPI.with { api in
            let customer = try await api.customer()
            let body = """
                {"customer_id":"\(customer.text)","Service":"AWS Auto Scaling","RequestId":"r",
                 "LifecycleActionToken":"t","AutoScalingGroupName":"g","EC2InstanceId":"i-0abc",
                 "LifecycleTransition":"autoscaling:EC2_INSTANCE_TERMINATING","Time":"\(Date().rfc3339)"}
                """
            let answer = try await api.send("POST", "events/process", body)
            #expect(answer.status == 201)
            let detail = answer["events"]?.firstItem?.members?["detail"]?.members
            #expect(detail?["EC2InstanceId"] == .string("i-0abc"))
            #expect(detail?["customer_id"] == nil)
        }
    }

    @Test func saysWhatIsIgnored() async throws {
        try await TestAPI.with { api in
            let customer = try await api.customer()
            let answer = try await api.send(
                "POST",
                "events/process",
                #"{"customer_id":"\#(customer.text)","Event":"autoscaling:TEST_NOTIFICATION"}"#
            )
            #expect(answer.status == 200)
            #expect(answer.string("status") == "ignored")
            #expect(answer.string("reason") != nil)
            #expect(answer["events"] == .array([]))
        }
    }

    @Test func saysWhatIsWrong() async throws {
        try await TestAPI.with { api in
            let customer = try await api.customer()
            let none = try await api.send("POST", "events/process", warning("i-0abc"))
            #expect(none.status == 400)
            #expect(none["error", "details", "field"] == .string("customer_id"))
            let unknown = try await api.send(
                "POST",
                "events/process",
                warning("i-0abc", customer: .version7())
            )
            #expect(unknown.status == 404)
            let broken = try await api.send("POST", "events/process", warning("nothing", customer: customer))
            #expect(broken.status == 400)
            let noEvent = try await api.send(
                "POST",
                "events/process",
                #"{"customer_id":"\#(customer.text)"}"#
            )
            #expect(noEvent.status == 400)
            #expect(try await api.send("POST", "events/process", "[]").status == 400)
            let reader = try await api.key(.read)
            let body = warning("i-0abc", customer: customer)
            #expect(try await api.send("POST", "events/process", body, key: reader).status == 403)
        }
    }

    /// The seeds send an id.
    @Test func processesAKnownEventAgain() async throws {
        try await TestAPI.with { api in
            let customer = try await api.customer()
            let first = try await api.send("POST", "events/process", warning("i-0abc", customer: customer))
            let id = try #require(first["event_ids"]?.firstItem?.text)
            let job = try #require(first["job_ids"]?.firstItem?.text.flatMap { UUID(uuidString: $0) })
            let body = #"{"event_id":"\#(id)"}"#
            let running = try await api.send("POST", "events/process", body)
            #expect(running.status == 200)
            #expect(running["job_ids"] == first["job_ids"])
            try await api.finish(job)
            _ = try await SpotEventStore(pool: api.fleet.pool).finish(
                eventsOf: job,
                .init(.handled, actionTaken: "x")
            )
            let again = try await api.send("POST", "events/process", body)
            #expect(again.status == 201)
            #expect(again["event_ids"]?.firstItem == .string(id))
            #expect(again["job_ids"] != first["job_ids"])
            let nothing = #"{"event_id":"\#(UUID.version7().text)"}"#
            #expect(try await api.send("POST", "events/process", nothing).status == 404)
            #expect(try await api.send("POST", "events/process", #"{"event_id":"12345"}"#).status == 400)
        }
    }

    @Test func listsPagesAndFilters() async throws {
        try await TestAPI.with { api in
            let customer = try await api.customer()
            for number in 0..<5 {
                let body = warning("i-0\(number)", id: "e\(number)", customer: customer)
                #expect(try await api.send("POST", "events/process", body).status == 201)
            }
            let running = """
                {"customer_id":"\(customer.text)","id":"s","source":"aws.ec2","time":"\(Date().rfc3339)",
                 "detail-type":"EC2 Instance State-change Notification",
                 "detail":{"instance-id":"i-0new","state":"running"}}
                """
            let ignored = try await api.send("POST", "events/process", running)
            #expect(ignored.status == 201)
            #expect(ignored.string("status") == "ignored")
            func instances(_ path: String) async throws -> [String] {
                let answer = try await api.send("GET", path)
                #expect(answer.status == 200)
                guard case .array(let events)? = answer["events"] else { return [] }
                return events.compactMap { $0.members?["instance_id"]?.text }
            }
            #expect(try await instances("events/history").count == 6)
            #expect(try await instances("events/history?status=ignored") == ["i-0new"])
            #expect(try await instances("events/spot-warnings") == (0..<5).reversed().map { "i-0\($0)" })
            #expect(try await instances("events/spot-warnings?cluster_id=\(UUID.version7().text)").isEmpty)
            #expect(try await instances("events/spot-warnings?since=2200-01-01T00:00:00Z").isEmpty)
            #expect(try await instances("events/spot-warnings?until=2200-01-01T00:00:00Z").count == 5)
            let page = try await api.send("GET", "events/spot-warnings?limit=3")
            let cursor = try #require(page.string("next_cursor"))
            let rest = try await instances("events/spot-warnings?limit=3&cursor=\(cursor)")
            #expect(rest == ["i-01", "i-00"])
            let last = try await api.send("GET", "events/spot-warnings?limit=3&cursor=\(cursor)")
            #expect(last["next_cursor"] == .null)
            #expect(try await api.send("GET", "events/history?status=done").status == 400)
        }
    }

    @Test func customersAreApart() async throws {
        try await TestAPI.with { api in
            let (mine, theirs) = (try await api.customer("Mine"), try await api.customer("Theirs"))
            let key = try await api.key(.operate, customer: mine)
            // A bound key need not say whose.
            let own = try await api.send("POST", "events/process", warning("i-0abc"), key: key)
            #expect(own.status == 201)
            let foreign = warning("i-0abc", id: "e2", customer: theirs)
            #expect(try await api.send("POST", "events/process", foreign, key: key).status == 404)
            let other = try await api.send("POST", "events/process", foreign)
            let id = try #require(other["event_ids"]?.firstItem?.text)
            #expect(
                try await api.send("POST", "events/process", #"{"event_id":"\#(id)"}"#, key: key).status
                    == 404
            )
            let seen = try await api.send("GET", "events/history", key: key)
            guard case .array(let events)? = seen["events"] else {
                Issue.record("no events")
                return
            }
            #expect(events.compactMap { $0.members?["customer_id"]?.text } == [mine.text])
            let path = "events/history?customer_id=\(theirs.text)"
            #expect(try await api.send("GET", path, key: key).status == 404)
        }
    }

    @Test func isDescribedAsItIs() async throws {
        try await TestAPI.with { api in
            let customer = try await api.customer()
            let answer = try await api.send("POST", "events/process", warning("i-0abc", customer: customer))
            let schemas = try await api.send("GET", "/openapi.json", key: "")["components", "schemas"]?
                .members
            func fields(_ name: String) -> Set<String> {
                Set(schemas?[name]?.members?["properties"]?.members.map { Array($0.keys) } ?? [])
            }
            let event = try #require(answer["events"]?.firstItem?.members)
            #expect(fields("Event") == Set(event.keys))
            let whole = try JSONValue(parsing: Array(answer.text.utf8)).members
            #expect(fields("EventAnswer") == Set(whole.map { Array($0.keys) } ?? []))
        }
    }
}

extension JSONValue {
    fileprivate var firstItem: JSONValue? {
        guard case .array(let values) = self else { return nil }
        return values.first
    }

    fileprivate var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
}

extension TestAPI {
    /// Puts a machine into a cluster, as the collection of metrics does.
    fileprivate func node(_ instance: String, in cluster: UUID) async throws {
        _ = try await fleet.pool.execute(
            """
            INSERT INTO nodes (node_id, cluster_id, node_uid, node_name, instance_id, node_type, status, cpu_cores,
                memory_gb, cpu_allocatable, memory_allocatable_bytes, pods_allocatable, cpu_requested,
                memory_requested_bytes, pod_count)
            VALUES (\(UUID.version7()), \(cluster), \(UUID.version7().text), 'node', \(instance), 'spot', 'ready',
                1, 1, 1, 1, 1, 1, 1, 1)
            """
        )
    }
}
