import FoundationEssentials
import HTTPClient
import Jobs
import Logging
import Notifications
import Postgres
import Store
import TestKit
import Testing

@testable import Worker

@Suite("Sending notifications", .timeLimit(.minutes(1))) struct SendNotificationTests {
    private static let secret = "whsec_3f0d9a-not-to-be-seen"

    /// A customer with one channel, and what sends to it.
    private struct Bench {
        let fleet: TestFleet
        let customer: UUID
        let channel: UUID
        let channels: NotificationChannelStore
        let outbox: NotificationStore
        var handler: SendNotificationHandler

        init(
            _ fleet: TestFleet,
            _ kind: NotificationChannelRecord.Kind,
            _ target: String,
            policy: HTTPAddressPolicy = .any,
            mail: ChannelSender.Mail? = nil
        ) async throws {
            self.fleet = fleet
            let owner = CustomerRecord(companyName: "c", externalID: UUID().text)
            try await CustomerStore(pool: fleet.pool).insert(owner)
            customer = owner.id
            channels = NotificationChannelStore(pool: fleet.pool, keyring: fleet.keyring)
            outbox = NotificationStore(pool: fleet.pool)
            let new = NewNotificationChannel(
                customerID: owner.id,
                name: "ops",
                kind: kind,
                target: target,
                shownTarget: "shown",
                secret: kind == .webhook ? SendNotificationTests.secret : nil,
                kinds: nil
            )
            try await channels.insert(new)
            channel = new.id
            handler = SendNotificationHandler(
                channels: channels,
                outbox: outbox,
                sender: ChannelSender(
                    http: HTTPClient(logger: fleet.logger),
                    policy: policy,
                    mail: mail
                ),
                plan: DeliveryPlan(base: .milliseconds(1), cap: .milliseconds(2))
            )
        }

        /// Keeps events, as whoever does something to a machine would.
        func record(_ count: Int) async throws -> [String] {
            let events = (0..<count).map { number in
                NotificationEvent(
                    .drainDone,
                    customerID: customer,
                    subject: "job-\(number)",
                    occurredAt: Date(),
                    facts: ["instance_id": .string("i-\(number)"), "node": .string("node-\(number)")]
                )
            }
            try await fleet.queue.journal.withTransaction {
                try await NotificationOutbox.record(events, in: $0)
            }
            return events.map(\.id.text)
        }

        func run() async throws -> JobReport {
            try await handler.run(
                JobContext(
                    job: JobRecord(
                        id: .version7(),
                        type: "send-notification",
                        queue: "send-notification",
                        customerID: customer,
                        parameters: Array(#"{"channel_id":"\#(channel.text)"}"#.utf8),
                        priority: 4,
                        runAt: Date(),
                        maxAttempts: 1,
                        isDryRun: false,
                        submittedAt: Date(),
                        submittedBy: "test"
                    ),
                    attempt: 1,
                    fence: 1,
                    deadline: nil,
                    logger: fleet.logger
                )
            )
        }

        /// Runs until nothing waits any more, as jobs that follow each other do.
        func runUntilSent() async throws {
            try await eventually("everything is sent") {
                _ = try await run()
                return try await outbox.list(of: customer, state: .pending, limit: 1).isEmpty
            }
        }

        /// Everything the database holds of channel and events, as text.
        func rows() async throws -> String {
            let rows = try await fleet.pool.query(
                """
                SELECT (SELECT string_agg(n::text, ' ') FROM notifications n)
                    || (SELECT string_agg(c::text, ' ') FROM notification_channels c) AS text
                """
            )
            return try rows.first?.decode("text") ?? ""
        }
    }

    @Test("a receiver that was down gets each event once, in order, with a signature that verifies")
    func arrivesOnceInOrder() async throws {
        try await TestFleet.with { fleet in
            let receiver = try TestReceiver()
            let bench = try await Bench(fleet, .webhook, receiver.url)
            let events = try await bench.record(5)
            for status in [0, 500, 503, 429] {
                try await receiver.answer(status)
                try await eventually { try await bench.run().metadata.members?["problem"] != .null }
            }
            let waiting = try await bench.outbox.list(of: bench.customer, limit: 10)
            #expect(waiting.allSatisfy { $0.state == .pending })
            #expect(waiting.map(\.attempts).filter { $0 > 0 }.count == 1, "the first holds those behind it")
            #expect(waiting.last?.lastError == "the receiver answered 429")
            #expect(try await bench.channels.find(bench.channel)?.problem == "the receiver answered 429")
            try await receiver.answer(204)
            try await bench.runUntilSent()
            let got = try await receiver.deliveries()
            #expect(got.filter { $0.status == 204 }.map(\.event) == events)
            #expect(Set(got.filter { $0.status != 204 }.map(\.event)) == [events[0]])
            #expect(got.allSatisfy { $0.isSigned(with: Self.secret) && !$0.isSigned(with: "whsec_other") })
            #expect(got.filter { $0.status == 204 }.dropFirst().allSatisfy { $0.attempt == "1" })
            let channel = try await bench.channels.find(bench.channel)
            #expect(channel?.problem == nil)
            #expect(channel?.lastDeliveredAt != nil)
            let sent = try await bench.run()
            #expect(sent.logs == ["0 sent"])
            // Neither the secret nor the URL is in any row or body.
            for text in [try await bench.rows()] + got.map(\.body) {
                #expect(!text.contains(Self.secret))
                #expect(!text.contains("url-secret"))
            }
        }
    }

    @Test(
        "what was sent by a worker that died before it said so comes again with the same id, before the next"
    )
    func repeatsWithTheSameID() async throws {
        try await TestFleet.with { fleet in
            let receiver = try TestReceiver()
            var bench = try await Bench(fleet, .webhook, receiver.url)
            let events = try await bench.record(2)
            // What a worker does until it dies.
            let record = try #require(try await bench.outbox.begin(bench.channel, for: .milliseconds(300)))
            let channel = try #require(try await bench.channels.open(bench.channel))
            #expect(try await bench.handler.sender.send(record, to: channel) == .taken)
            bench.handler.hold = .milliseconds(300)
            #expect(try await bench.run().logs == ["0 sent"], "the attempt may still be under way")
            try await bench.runUntilSent()
            let got = try await receiver.deliveries()
            #expect(got.map(\.event) == [events[0], events[0], events[1]])
            #expect(got.map(\.attempt) == ["1", "2", "1"])
        }
    }

    @Test("a receiver that is gone, or refuses again and again, is sent nothing more until its owner says so")
    func switchesOff() async throws {
        try await TestFleet.with { fleet in
            let receiver = try TestReceiver()
            var bench = try await Bench(fleet, .webhook, receiver.url)
            let events = try await bench.record(2)
            try await receiver.answer(410)
            _ = try await bench.run()
            var channel = try #require(try await bench.channels.find(bench.channel))
            #expect(!channel.isEnabled)
            #expect(channel.disabledReason?.contains("410") == true)
            #expect(try await bench.run().logs == ["the customer has no such channel, or it is switched off"])
            #expect(try await bench.outbox.dueChannels().isEmpty)
            // Redirects are not followed: they are refusals, too.
            try await receiver.answer(302)
            var change = NotificationChannelChange()
            change.isEnabled = true
            _ = try await bench.channels.update(bench.channel, by: change)
            bench.handler.plan.refusals = 3
            try await eventually {
                _ = try await bench.run()
                return try await bench.channels.find(bench.channel)?.isEnabled == false
            }
            channel = try #require(try await bench.channels.find(bench.channel))
            #expect(channel.disabledReason == "3 refusals in a row, the last one: the receiver answered 302")
            try await receiver.answer(200)
            _ = try await bench.channels.update(bench.channel, by: change)
            try await bench.runUntilSent()
            let got = try await receiver.deliveries()
            #expect(got.filter { $0.status == 200 }.map(\.event) == events)
            #expect(got.allSatisfy { $0.path.hasPrefix("/hook") })
        }
    }

    @Test("an event that is tried for too long is given up, and the next one has its turn")
    func givesUp() async throws {
        try await TestFleet.with { fleet in
            let receiver = try TestReceiver()
            let bench = try await Bench(fleet, .webhook, receiver.url)
            let events = try await bench.record(2)
            _ = try await fleet.pool.execute(
                """
                UPDATE notifications SET created_at = created_at - interval '73 hours'
                WHERE sequence = (SELECT min(sequence) FROM notifications)
                """
            )
            try await receiver.answer(503)
            _ = try await bench.run()
            try await receiver.answer(200)
            try await bench.runUntilSent()
            let records = try await bench.outbox.list(of: bench.customer, limit: 10)
            #expect(records.map(\.state) == [.sent, .failed])
            #expect(records.last?.lastError == "the receiver answered 503")
            let got = try await receiver.deliveries()
            #expect(got.filter { $0.status == 200 }.map(\.event) == [events[1]])
        }
    }

    @Test("an address that is not public is not called, and Slack gets its own format")
    func guardsAddresses() async throws {
        try await TestFleet.with { fleet in
            let receiver = try TestReceiver()
            let inner = try await Bench(fleet, .slack, receiver.url, policy: .publicOnly)
            _ = try await inner.record(1)
            _ = try await inner.run()
            #expect(try await receiver.deliveries().isEmpty)
            #expect(
                try await inner.channels.find(inner.channel)?.problem?.contains("public internet") == true
            )
            let slack = try await Bench(fleet, .slack, receiver.url)
            let events = try await slack.record(1)
            try await slack.runUntilSent()
            let got = try #require(try await receiver.deliveries().first)
            let members = try #require(try JSONValue(parsing: Array(got.body.utf8)).members)
            #expect(members["blocks"] != nil)
            #expect(got.signature.isEmpty)
            #expect(got.body.contains(events[0]))
        }
    }

    @Test("mail goes through a real server, and waits while none is set")
    func sendsMail() async throws {
        try await TestFleet.with { fleet in
            let server = try MailReceiver(isEncrypted: true)
            var bench = try await Bench(fleet, .email, "ops@example.org")
            let events = try await bench.record(2)
            _ = try await bench.run()
            #expect(
                try await bench.channels.find(bench.channel)?.problem?.contains("CLOUDOPTIM_SMTP_URL") == true
            )
            bench.handler = SendNotificationHandler(
                channels: bench.channels,
                outbox: bench.outbox,
                sender: ChannelSender(
                    http: HTTPClient(logger: fleet.logger),
                    policy: .any,
                    mail: ChannelSender.Mail(server: try server.server(), sender: "cloudoptim@example.com")
                ),
                plan: bench.handler.plan
            )
            try await bench.runUntilSent()
            let mails = try await server.mails()
            #expect(mails.map(\.receivers) == [["ops@example.org"], ["ops@example.org"]])
            #expect(zip(mails, events).allSatisfy { $0.text.contains($1) })
            #expect(try await !bench.rows().contains("secret-word"))
        }
    }

    @Test("waits double up to their cap, and a receiver may ask for more")
    func waits() async throws {
        try await TestFleet.with { fleet in
            let bench = try await Bench(fleet, .email, "ops@example.org")
            _ = try await bench.record(1)
            var record = try #require(try await bench.outbox.begin(bench.channel, for: .seconds(1)))
            let (plan, now) = (DeliveryPlan(), record.createdAt)
            for (attempts, seconds) in [(1, 5), (2, 10), (4, 40), (40, 3600)] {
                record.attempts = attempts
                let full = plan.failure(.later("x"), of: record, at: now, chance: 0)
                #expect(full?.retryAfter == .seconds(seconds))
                let least = plan.failure(.later("x"), of: record, at: now, chance: 1)
                #expect(least?.retryAfter == .seconds(seconds) * 0.75)
            }
            let asked = plan.failure(.later("x", after: 100_000), of: record, at: now, chance: 0)
            #expect(asked?.retryAfter == .seconds(3600))
            let over = plan.failure(.later("x"), of: record, at: now + 72 * 3600, chance: 0)
            #expect(over != nil && over?.retryAfter == nil)
        }
    }
}
