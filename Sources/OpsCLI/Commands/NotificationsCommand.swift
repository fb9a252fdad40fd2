import ArgumentParser
import Bootstrap
import FoundationEssentials
import Store

/// `cloudoptim notifications …`.
struct NotificationsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notifications",
        abstract: "What customers are told.",
        subcommands: [List.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ls",
            abstract: "Events on their way to channels, the latest first."
        )

        @Option(help: "Only of this customer.")
        var customer: String?

        @Option(help: "Only to this channel.")
        var channel: String?

        @Option(help: "Only those that are pending, sent, failed or dropped.")
        var state: String?

        @Option(help: "How many at most, 1 to 500.")
        var limit = 50

        @OptionGroup var common: CommonOptions

        func validate() throws {
            for (name, id) in [("customer", customer), ("channel", channel)] {
                guard let id, UUID(uuidString: id) == nil else { continue }
                throw ValidationError("--\(name) '\(id)' is not an id")
            }
            if let state, NotificationRecord.State(rawValue: state) == nil {
                let words = NotificationRecord.State.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--state must be one of \(words), not '\(state)'")
            }
            guard (1...500).contains(limit) else {
                throw ValidationError("--limit must be from 1 to 500, not \(limit)")
            }
        }

        func run() async throws {
            try await FleetAccess.with { fleet, _ in
                let found = try await NotificationStore(pool: fleet.pool).list(
                    of: customer.flatMap { UUID(uuidString: $0) },
                    channel: channel.flatMap { UUID(uuidString: $0) },
                    state: state.flatMap(NotificationRecord.State.init),
                    limit: limit
                )
                try table(found).print(asJSON: common.json)
            }
        }

        private func table(_ records: [NotificationRecord]) -> Table {
            var table = Table(
                "event_id",
                "channel_id",
                "kind",
                "occurred_at",
                "state",
                "attempts",
                "next_at",
                "last_error"
            )
            for record in records {
                table.add(
                    .string(record.eventID.text),
                    .string(record.channelID.text),
                    .string(record.kind),
                    .time(record.occurredAt),
                    .string(record.state.rawValue),
                    .count(record.attempts),
                    .time(record.state == .pending ? record.nextAt : nil),
                    .optional(record.lastError)
                )
            }
            return table
        }
    }
}
