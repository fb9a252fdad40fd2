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
    @Test("a receiver that was down gets each event once, in order, with a signature that verifies")
    func arrivesOnceInOrder() async throws {
        try await TestFleet.with { fleet in
            let receiver = try TestReceiver()
            let bench = try await NotificationBench(fleet, .webhook, receiver.url)
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
            #expect(
                got.allSatisfy {
                    $0.isSigned(with: NotificationBench.secret) && !$0.isSigned(with: "whsec_other")
                }
            )
            #expect(got.filter { $0.status == 204 }.dropFirst().allSatisfy { $0.attempt == "1" })
            let channel = try await bench.channels.find(bench.channel)
            #expect(channel?.problem == nil)
            #expect(channel?.lastDeliveredAt != nil)
            let sent = try await bench.run()
            #expect(sent.logs == ["0 sent"])
            // Neither the secret nor the URL is in any row or body.
            for text in [try await bench.rows()] + got.map(\.body) {
                #expect(!text.contains(NotificationBench.secret))
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
            var bench = try await NotificationBench(fleet, .webhook, receiver.url)
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

    @Test("an address that is not public is not called, and Slack gets its own format")
    func guardsAddresses() async throws {
        try await TestFleet.with { fleet in
            let receiver = try TestReceiver()
            let inner = try await NotificationBench(fleet, .slack, receiver.url, policy: .publicOnly)
            _ = try await inner.record(1)
            _ = try await inner.run()
            #expect(try await receiver.deliveries().isEmpty)
            #expect(
                try await inner.channels.find(inner.channel)?.problem?.contains("public internet") == true
            )
            let slack = try await NotificationBench(fleet, .slack, receiver.url)
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
            var bench = try await NotificationBench(fleet, .email, "ops@example.org")
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

    @Test("an event that was taken is not sent again, however long the receiver's answer is")
    func takesLongAnswers() async throws {
        try await TestFleet.with { fleet in
            let receiver = try TestReceiver()
            let bench = try await NotificationBench(fleet, .webhook, receiver.url)
            let events = try await bench.record(2)
            try await receiver.answer(200, word: "thanks", count: 500_000)
            try await bench.runUntilSent()
            #expect(try await receiver.deliveries().map(\.event) == events)
        }
    }

    @Test("another target is tried at once with what waits")
    func resumesAtAnotherTarget() async throws {
        try await TestFleet.with { fleet in
            let (down, up) = (try TestReceiver(), try TestReceiver())
            var bench = try await NotificationBench(fleet, .webhook, down.url)
            bench.handler.plan.base = .seconds(3600)
            bench.handler.plan.cap = .seconds(3600)
            bench.handler.plan.plateau = .seconds(3600)
            let events = try await bench.record(1)
            try await down.answer(503)
            _ = try await bench.run()
            #expect(try await bench.outbox.dueChannels().isEmpty)
            var change = NotificationChannelChange()
            change.target = (up.url, "shown")
            let changed = try await bench.channels.update(bench.channel, by: change)
            #expect(changed?.problem == nil)
            try await bench.runUntilSent()
            #expect(try await up.deliveries().map(\.event) == events)
        }
    }
}
