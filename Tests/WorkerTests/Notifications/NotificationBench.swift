import FoundationEssentials
import HTTPClient
import Jobs
import Logging
import Postgres
import Store
import TestKit

@testable import Worker

/// A customer with one channel, and what sends to it.
struct NotificationBench {
    /// What the events of a webhook are signed with.
    static let secret = "whsec_3f0d9a-not-to-be-seen"

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
            secret: kind == .webhook ? Self.secret : nil,
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
