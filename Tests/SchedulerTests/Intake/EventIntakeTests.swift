import AWS
import Bootstrap
import FoundationEssentials
import Interruptions
import Postgres
import Store
import TestKit
import Testing

@testable import Scheduler

/// The intake against SQS as moto has it, and a real PostgreSQL.
@Suite("Event intake", .timeLimit(.minutes(1))) struct EventIntakeTests {
    @Test func storesOnceAndDeletesWhatIsSentThreeTimes() async throws {
        try await TestIntake.with { test in
            let customer = try await test.customer()
            let queue = try #require(customer.sqsQueueURL)
            let body = TestIntake.warning("i-0abc", id: "e1")
            let wrapped = try JSONValue.object([
                "Type": .string("Notification"), "TopicArn": .string("t"), "Message": .string(body),
            ]).serialized()
            for _ in 0..<2 { try await test.moto.send(body, to: queue) }
            try await test.moto.send(String(decoding: wrapped, as: UTF8.self), to: queue)
            try await test.running(try test.intake()) {
                try await eventually(within: .seconds(20), "an empty queue") {
                    try await test.isEmpty(customer)
                }
                // The poll is waiting now: what comes is there at once.
                try await test.moto.send(TestIntake.warning("i-0def", id: "e2"), to: queue)
                try await eventually(within: .seconds(20), "the second event") {
                    try await test.events(of: customer).count == 2
                }
                try await test.moto.send(body, to: queue)
                try await eventually(within: .seconds(20), "an empty queue") {
                    try await test.isEmpty(customer)
                }
            }
            let events = try await test.events(of: customer)
            #expect(events.map(\.sourceEventID) == ["e1", "e2"])
            #expect(events.allSatisfy { $0.status == .accepted && $0.queueURL == queue && $0.jobID != nil })
            #expect(try await test.jobs() == 2)
            #expect(try await test.leases.problem(of: customer.id) == nil)
        }
    }

    @Test func putsAsideWhatCannotBeRead() async throws {
        try await TestIntake.with { test in
            let customer = try await test.customer()
            let queue = try #require(customer.sqsQueueURL)
            for body in ["hello", "{}", TestIntake.warning("i-0abc", id: "e1"), "[]"] {
                try await test.moto.send(body, to: queue)
            }
            try await test.moto.send(
                #"{"Service":"AWS Auto Scaling","Event":"autoscaling:TEST_NOTIFICATION"}"#,
                to: queue
            )
            try await test.running(try test.intake()) {
                try await eventually(within: .seconds(20), "an empty queue") {
                    try await test.isEmpty(customer)
                }
            }
            let letters = try await test.letters.list(of: customer.id, limit: 10)
            #expect(Set(letters.map(\.body)) == ["hello", "{}", "[]"])
            #expect(letters.allSatisfy { !$0.reason.isEmpty && $0.queueURL == queue })
            #expect(try await test.events(of: customer).map(\.sourceEventID) == ["e1"])
        }
    }

    @Test func whatCannotBeStoredDoesNotKeepTheOthers() async throws {
        try await TestIntake.with { test in
            let customer = try await test.customer()
            let queue = try #require(customer.sqsQueueURL)
            _ = try await test.fleet.pool.execute(
                "ALTER TABLE spot_events ADD CONSTRAINT never CHECK (instance_id <> 'i-0bad')"
            )
            for (number, instance) in ["i-0abc", "i-0bad", "i-0def"].enumerated() {
                try await test.moto.send(TestIntake.warning(instance, id: "e\(number)"), to: queue)
            }
            try await test.running(try test.intake()) {
                try await eventually(within: .seconds(20), "an empty queue") {
                    try await test.isEmpty(customer)
                }
            }
            #expect(Set(try await test.events(of: customer).map(\.instanceID)) == ["i-0abc", "i-0def"])
            let letters = try await test.letters.list(of: customer.id, limit: 10)
            #expect(letters.map(\.reason) == ["what it says could not be stored"])
        }
    }

    @Test func aCrashBetweenCommitAndDeleteCostsNothing() async throws {
        try await TestIntake.with { test in
            let customer = try await test.customer()
            let queue = try test.sessions.queue(of: customer)
            try await test.moto.send(TestIntake.warning("i-0abc", id: "e1"), to: queue.url.text)
            // What the crashed one has done.
            let received = try await queue.sqs.receive(
                from: queue.url,
                wait: .seconds(1),
                visibility: .seconds(1)
            )
            let body = try #require(received.first?.body)
            guard case .events(let told) = try InterruptionParser.parse(body) else { return }
            let first = try await test.inbox.record(told, of: customer.id, by: "crashed")
            try await test.running(try test.intake()) {
                try await eventually(within: .seconds(20), "an empty queue") {
                    try await test.isEmpty(customer)
                }
            }
            let events = try await test.events(of: customer)
            #expect(events.map(\.id) == first.map(\.eventID))
            #expect(try await test.jobs() == 1)
        }
    }

    @Test func deletesNothingWhilePostgresIsAway() async throws {
        try await TestIntake.with { test in
            let customer = try await test.customer()
            let queue = try #require(customer.sqsQueueURL)
            let pool = test.fleet.pool
            _ = try await pool.execute("ALTER TABLE spot_events RENAME TO away")
            try await test.moto.send(TestIntake.warning("i-0abc", id: "e1"), to: queue)
            try await test.running(try test.intake()) {
                try await eventually(within: .seconds(20), "the reception") {
                    try await test.moto.messages(in: queue).received == 1
                }
                _ = try await pool.execute("ALTER TABLE away RENAME TO spot_events")
                try await eventually(within: .seconds(20), "an empty queue") {
                    try await test.isEmpty(customer)
                }
            }
            #expect(try await test.events(of: customer).count == 1)
        }
    }

    @Test func stopsAtOnceAndFinishesNothingHalf() async throws {
        try await TestIntake.with { test in
            let customer = try await test.customer()
            let opened = OpenCount()
            let task = Task { try await test.intake(wait: .seconds(20), opened: opened).run() }
            try await eventually("the first poll") { opened.value > 0 }
            let clock = ContinuousClock()
            let took = try await clock.measure {
                task.cancel()
                try await task.value
            }
            #expect(took < .seconds(5))
            // Somebody else may go on at once.
            #expect(try await test.leases.claim(10, for: "b", .seconds(30)).map(\.id) == [customer.id])
        }
    }
}
