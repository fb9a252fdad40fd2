import FoundationEssentials
import Jobs
import Logging
import Store

/// `send-notification`: sends what waits for one channel, in order, until nothing is due.
///
/// The outbox is the truth: an attempt is counted before it is made, and what came of it is noted after. Who dies in
/// between leaves the event to be sent again, with the same id. An event that does not arrive holds those behind it.
struct SendNotificationHandler: JobHandler {
    let channels: NotificationChannelStore
    let outbox: NotificationStore
    let sender: ChannelSender
    var plan = DeliveryPlan()
    /// Events sent by one job; the next one goes on, so that channels take turns.
    var batch = 100
    /// How long an attempt has before another may be made.
    var hold = Duration.seconds(30)

    func run(_ context: JobContext) async throws -> JobReport {
        guard case .string(let text)? = try context.parameters()["channel_id"],
            let id = UUID(uuidString: text)
        else {
            throw JobFailure(
                code: "invalid_parameter",
                message: "parameters.channel_id must be the id of a channel",
                isRetryable: false
            )
        }
        if context.job.isDryRun { return JobReport(logs: ["dry run: nothing is sent"]) }
        guard try await open(id, context) != nil else {
            return JobReport(logs: ["the customer has no such channel, or it is switched off"])
        }
        var sent = 0
        while sent < batch {
            try Task.checkCancellation()
            guard let record = try await outbox.begin(id, for: hold),
                // Each time: its owner may have changed its target.
                let channel = try await open(id, context)
            else { break }
            let verdict = try await sender.send(record, to: channel)
            let failure = plan.failure(verdict, of: record, at: Date(), chance: .random(in: 0...1))
            guard let failure else {
                try await outbox.sent(record)
                sent += 1
                continue
            }
            let refusals = try await outbox.failed(record, failure)
            if failure.disables == nil, refusals >= plan.refusals {
                try await outbox.disable(
                    id,
                    because: "\(refusals) refusals in a row, the last one: \(failure.reason)"
                )
            }
            context.logger.info(
                "a notification did not arrive",
                metadata: [
                    "channel.id": "\(id.text)", "event.id": "\(record.eventID.text)",
                    "reason": "\(failure.reason)",
                ]
            )
            if failure.retryAfter != nil { return report(sent, failure.reason) }
        }
        return report(sent, nil)
    }

    private func open(_ id: UUID, _ context: JobContext) async throws -> OpenNotificationChannel? {
        let channel = try await channels.open(id)
        return channel?.customerID == context.job.customerID ? channel : nil
    }

    private func report(_ sent: Int, _ problem: String?) -> JobReport {
        JobReport(
            logs: ["\(sent) sent"] + (problem.map { [$0] } ?? []),
            metadata: .object([
                "sent": .integer(Int64(sent)), "problem": problem.map(JSONValue.string) ?? .null,
            ])
        )
    }
}
