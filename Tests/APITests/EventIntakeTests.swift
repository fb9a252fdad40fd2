import FoundationEssentials
import Jobs
import Postgres
import Store
import TestKit
import Testing

@testable import API

@Suite("Dead letters and queues of events", .timeLimit(.minutes(1))) struct EventIntakeTests {
    private static let secret = "what was sent by mistake"

    private func letters(_ count: Int, of customer: UUID, in api: TestAPI, body: String = secret) async throws
    {
        let store = DeadLetterStore(pool: api.fleet.pool)
        let letters = (0..<count).map { number in
            DeadLetter(
                customerID: customer,
                queueURL: "https://sqs.us-east-1.amazonaws.com/123456789012/q",
                messageID: "m\(number)",
                reason: "is not JSON",
                body: body
            )
        }
        try await api.fleet.queue.journal.withTransaction { try await store.insert(letters, in: $0) }
    }

    @Test func listsDeadLettersByPages() async throws {
        try await TestAPI.with { api in
            let customer = try await api.customer()
            try await letters(5, of: customer, in: api)
            try await letters(1, of: try await api.customer(), in: api)
            var seen: [String] = []
            var cursor = ""
            repeat {
                let page = try await api.send(
                    "GET",
                    "events/dead-letters?customer_id=\(customer.text)&limit=2\(cursor)"
                )
                #expect(page.status == 200, "\(page.text)")
                seen += (page.array("dead_letters") ?? []).compactMap { $0.string("message_id") }
                cursor = page.string("next_cursor").map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty
            #expect(seen.count == 5 && Set(seen).count == 5)
            #expect(try await api.send("GET", "events/dead-letters").array("dead_letters")?.count == 6)
            #expect(try await api.send("GET", "events/dead-letters?limit=101").field == "limit")
        }
    }

    @Test func showsBodiesToAdminsAndTheirOwnersAlone() async throws {
        try await TestAPI.with { api in
            let (mine, theirs) = (try await api.customer(), try await api.customer())
            try await letters(1, of: mine, in: api)
            try await letters(1, of: theirs, in: api)
            func bodies(_ key: String?) async throws -> [JSONValue?] {
                let answer = try await api.send("GET", "events/dead-letters", key: key)
                return (answer.array("dead_letters") ?? []).map { $0.members?["body"] }
            }
            #expect(try await bodies(nil) == [.string(Self.secret), .string(Self.secret)])
            #expect(try await bodies(try await api.key(.operate)) == [.null, .null])
            let own = try await api.key(.read, customer: mine)
            #expect(try await bodies(own) == [.string(Self.secret)])
            let other = "events/dead-letters?customer_id=\(theirs.text)"
            #expect(try await api.send("GET", other, key: own).status == 404)
        }
    }

    @Test func cutsLongBodies() async throws {
        try await TestAPI.with { api in
            try await letters(
                1,
                of: try await api.customer(),
                in: api,
                body: String(repeating: "ä", count: 20_000)
            )
            let letter = try await api.send("GET", "events/dead-letters").array("dead_letters")?.first
            #expect(letter?.string("body")?.utf8.count == 16_384)
            #expect(letter?.members?["body_bytes"] == .integer(40_000))
        }
    }

    @Test func saysHowEachQueueGoes() async throws {
        try await TestAPI.with { api in
            let store = QueueLeaseStore(pool: api.fleet.pool)
            var ids: [UUID] = []
            for number in 0..<4 {
                let customer = CustomerRecord(
                    companyName: "c",
                    awsRoleARN: number == 3 ? nil : "arn:aws:iam::123456789012:role/r",
                    sqsQueueURL: "https://sqs.us-east-1.amazonaws.com/123456789012/q\(number)",
                    externalID: UUID().text
                )
                try await CustomerStore(pool: api.fleet.pool).insert(customer)
                ids.append(customer.id)
            }
            _ = try await api.customer("without a queue")
            #expect(try await store.claim(2, for: "host:1", .seconds(30)).map(\.id) == Array(ids.prefix(2)))
            _ = try await store.renew(
                [
                    .init(customerID: ids[0], problem: nil, secondsSinceRead: 3),
                    .init(
                        customerID: ids[1],
                        problem: "accessDenied (sqs:ReceiveMessage): no",
                        problemCode: "accessDenied",
                        secondsSinceRead: nil
                    ),
                ],
                for: "host:1",
                .seconds(30)
            )
            let queues = try #require(try await api.send("GET", "events/queues").array("queues"))
            #expect(queues.map { $0.string("customer_id") } == ids.map(\.text))
            #expect(queues.map { $0.string("state") } == ["reading", "failing", "waiting", "off"])
            #expect(queues.map { $0.string("reader") } == ["host:1", "host:1", nil, nil])
            #expect(queues.map { $0.members?["last_read_at"] == .null } == [false, true, true, true])
            #expect(queues.map { $0.members?["problem"]?.string("code") } == [nil, "accessDenied", nil, nil])
            #expect(queues[1].members?["problem"]?.string("message")?.contains("sqs:ReceiveMessage") == true)
            #expect(queues[1].members?["problem"]?.string("since") != nil)

            let page = try await api.send("GET", "events/queues?limit=3")
            #expect(page.string("next_cursor") == ids[2].text)
            let rest = try await api.send("GET", "events/queues?cursor=\(ids[2].text)")
            #expect(rest.array("queues")?.map { $0.string("customer_id") } == [ids[3].text])

            let own = try await api.send(
                "GET",
                "events/queues",
                key: try await api.key(.read, customer: ids[1])
            )
            #expect(own.array("queues")?.map { $0.string("state") } == ["failing"])
            #expect(own.array("queues")?.first?.members?["reader"] == .null)
            let foreign = "events/queues?customer_id=\(ids[0].text)"
            #expect(
                try await api.send("GET", foreign, key: try await api.key(.read, customer: ids[1])).status
                    == 404
            )
        }
    }

    @Test func areDescribedAsTheyAre() async throws {
        try await TestAPI.with { api in
            let customer = CustomerRecord(
                companyName: "c",
                sqsQueueURL: "https://sqs.us-east-1.amazonaws.com/123456789012/q",
                externalID: UUID().text
            )
            try await CustomerStore(pool: api.fleet.pool).insert(customer)
            try await letters(1, of: customer.id, in: api)
            let schemas = try await api.send("GET", "/openapi.json", key: "")["components", "schemas"]?
                .members
            func fields(_ name: String) -> Set<String> {
                Set(schemas?[name]?.members?["properties"]?.members.map { Array($0.keys) } ?? [])
            }
            let letter = try await api.send("GET", "events/dead-letters").array("dead_letters")?.first
            #expect(fields("DeadLetter") == Set(letter?.members.map { Array($0.keys) } ?? []))
            let queue = try await api.send("GET", "events/queues").array("queues")?.first
            #expect(fields("EventQueue") == Set(queue?.members.map { Array($0.keys) } ?? []))
            let state = schemas?["EventQueue"]?.members?["properties"]?.members?["state"]?.members
            let words = QueueStatus.State.allCases.map { JSONValue.string($0.rawValue) }
            #expect(state?["enum"] == .array(words))
        }
    }
}
