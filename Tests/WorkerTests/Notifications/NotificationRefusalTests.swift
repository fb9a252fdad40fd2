import FoundationEssentials
import Jobs
import Postgres
import Store
import TestKit
import Testing

@testable import Worker

@Suite("Receivers that refuse", .timeLimit(.minutes(1))) struct NotificationRefusalTests {
    @Test("a receiver that is gone, or refuses again and again, is sent nothing more until its owner says so")
    func switchesOff() async throws {
        try await TestFleet.with { fleet in
            let receiver = try TestReceiver()
            var bench = try await NotificationBench(fleet, .webhook, receiver.url)
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
            let bench = try await NotificationBench(fleet, .webhook, receiver.url)
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

    @Test(
        "Slack's word that a channel is gone switches it off, and that an event is unfit fails that one alone",
        arguments: [(404, "no_service"), (410, "channel_is_archived"), (403, "invalid_token")]
    )
    func hearsSlack(status: Int, word: String) async throws {
        try await TestFleet.with { fleet in
            let receiver = try TestReceiver()
            let bench = try await NotificationBench(fleet, .slack, receiver.url)
            let events = try await bench.record(3)
            try await receiver.answer(400, word: "invalid_payload")
            _ = try await bench.run()
            let failed = try await bench.outbox.list(of: bench.customer, state: .failed, limit: 10)
            #expect(failed.map(\.eventID.text) == events.reversed())
            #expect(failed.last?.lastError == "the receiver answered 400 (invalid_payload)")
            #expect(try await bench.channels.find(bench.channel)?.isEnabled == true)
            try await receiver.answer(status, word: word)
            _ = try await bench.channels.recordTest(
                try #require(try await bench.channels.find(bench.channel)),
                by: "somebody"
            )
            _ = try await bench.run()
            let channel = try #require(try await bench.channels.find(bench.channel))
            #expect(!channel.isEnabled && channel.pending == 1)
            #expect(channel.disabledReason?.contains("\(status) (\(word))") == true)
        }
    }

    @Test("what a receiver says is kept only if it is a word of Slack's")
    func keepsNoAnswers() async throws {
        try await TestFleet.with { fleet in
            let receiver = try TestReceiver()
            let bench = try await NotificationBench(fleet, .slack, receiver.url)
            _ = try await bench.record(1)
            try await receiver.answer(404, word: "url-secret-71c")
            _ = try await bench.run()
            #expect(try await bench.channels.find(bench.channel)?.problem == "the receiver answered 404")
        }
    }

    @Test("a mail that is refused for good fails, and the next one is sent")
    func failsRefusedMail() async throws {
        try await TestFleet.with { fleet in
            let server = try MailReceiver(isEncrypted: false)
            let mail = ChannelSender.Mail(server: try server.server(), sender: "cloudoptim@example.com")
            let bench = try await NotificationBench(fleet, .email, "gone@example.org", mail: mail)
            _ = try await bench.record(2)
            _ = try await bench.run()
            let records = try await bench.outbox.list(of: bench.customer, limit: 10)
            #expect(records.map(\.state) == [.failed, .failed])
            #expect(records.allSatisfy { $0.attempts == 1 && $0.lastError?.contains("(550)") == true })
            #expect(try await bench.channels.find(bench.channel)?.problem?.contains("(550)") == true)
        }
    }

    @Test("an event that a webhook calls unfit is asked about for an hour, and then fails")
    func givesUpUnfitEvents() async throws {
        try await TestFleet.with { fleet in
            let receiver = try TestReceiver()
            let bench = try await NotificationBench(fleet, .webhook, receiver.url)
            _ = try await bench.record(2)
            try await receiver.answer(422)
            _ = try await bench.run()
            #expect(try await bench.outbox.list(of: bench.customer, state: .pending, limit: 10).count == 2)
            _ = try await fleet.pool.execute(
                """
                UPDATE notifications SET created_at = created_at - interval '61 minutes'
                WHERE sequence = (SELECT min(sequence) FROM notifications)
                """
            )
            try await eventually {
                _ = try await bench.run()
                return try await bench.outbox.list(of: bench.customer, state: .failed, limit: 10).count == 1
            }
            try await receiver.answer(200)
            try await bench.runUntilSent()
            #expect(try await bench.outbox.list(of: bench.customer, state: .sent, limit: 10).count == 1)
        }
    }

    @Test("what failed is sent again when its owner asks for it")
    func retriesWhatFailed() async throws {
        try await TestFleet.with { fleet in
            let receiver = try TestReceiver()
            let bench = try await NotificationBench(fleet, .slack, receiver.url)
            let events = try await bench.record(2)
            try await receiver.answer(400, word: "invalid_payload")
            _ = try await bench.run()
            try await receiver.answer(200)
            #expect(try await bench.outbox.retryFailed(of: bench.channel) == 2)
            try await bench.runUntilSent()
            let got = try await receiver.deliveries().filter { $0.status == 200 }
            #expect(got.count == 2)
            #expect(zip(got, events).allSatisfy { $0.body.contains($1) })
            #expect(try await bench.outbox.retryFailed(of: bench.channel) == 0)
        }
    }

    @Test("while we keep a channel switched off its events wait; while its owner does they are not written")
    func collectsWhileSwitchedOff() async throws {
        try await TestFleet.with { fleet in
            let receiver = try TestReceiver()
            let bench = try await NotificationBench(fleet, .webhook, receiver.url)
            try await bench.outbox.disable(bench.channel, because: "50 refusals in a row")
            let events = try await bench.record(2)
            #expect(try await bench.channels.find(bench.channel)?.pending == 2)
            var change = NotificationChannelChange()
            change.isEnabled = true
            _ = try await bench.channels.update(bench.channel, by: change)
            try await bench.runUntilSent()
            #expect(try await receiver.deliveries().map(\.event) == events)
            change.isEnabled = false
            _ = try await bench.channels.update(bench.channel, by: change)
            _ = try await bench.record(4)
            #expect(try await bench.outbox.list(of: bench.customer, limit: 10).count == 2)
        }
    }
}
