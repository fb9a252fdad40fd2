import ArgumentParser
import Bootstrap
import FoundationEssentials
import Store

/// `cloudoptim events …`.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "What goes wrong on the way of AWS's events to us.",
        subcommands: [DeadLetters.self, Queues.self]
    )

    struct DeadLetters: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "dead-letters",
            abstract: "Messages that could not be read, the latest first; with --json also what they said."
        )

        @Option(help: "Only of this customer.")
        var customer: String?

        @Option(help: "How many at most, 1 to 500.")
        var limit = 50

        @OptionGroup var common: CommonOptions

        func validate() throws {
            try EventsCommand.check(customer)
            guard (1...500).contains(limit) else {
                throw ValidationError("--limit must be from 1 to 500, not \(limit)")
            }
        }

        func run() async throws {
            try await FleetAccess.with { fleet, _ in
                let letters = try await DeadLetterStore(pool: fleet.pool)
                    .list(of: customer.flatMap { UUID(uuidString: $0) }, limit: limit)
                try table(letters).print(asJSON: common.json)
            }
        }

        private func table(_ letters: [DeadLetter]) -> Table {
            let columns = ["letter_id", "customer_id", "received_at", "message_id", "body_bytes", "reason"]
            var table = Table(columns: columns + (common.json ? ["queue_url", "body"] : []))
            for letter in letters {
                let row: [JSONValue] = [
                    .string(letter.id.text), .string(letter.customerID.text), .time(letter.receivedAt),
                    .string(letter.messageID), .count(letter.body.utf8.count), .string(letter.reason),
                ]
                table.add(
                    row: row + (common.json ? [.optional(letter.queueURL), .string(letter.body)] : [])
                )
            }
            return table
        }
    }

    struct Queues: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "queues",
            abstract: "How the reading of each customer's queue goes."
        )

        @Option(help: "Only of this customer.")
        var customer: String?

        @OptionGroup var common: CommonOptions
        @OptionGroup var watched: WatchOptions

        func validate() throws { try EventsCommand.check(customer) }

        func run() async throws {
            try await FleetAccess.show(common, watched) { fleet, _ in
                var table = Table(
                    "customer_id",
                    "state",
                    "last_read_at",
                    "reader",
                    "queue_url",
                    "problem_since",
                    "problem_code",
                    "problem"
                )
                for status in try await all(QueueLeaseStore(pool: fleet.pool)) {
                    table.add(
                        .string(status.customerID.text),
                        .string(status.state.rawValue),
                        .time(status.lastReadAt),
                        .optional(status.reader),
                        .string(status.queueURL),
                        .time(status.problem?.since),
                        .optional(status.problem?.code),
                        .optional(status.problem?.message)
                    )
                }
                return table
            }
        }

        private func all(_ store: QueueLeaseStore) async throws -> [QueueStatus] {
            let customer = customer.flatMap { UUID(uuidString: $0) }
            var found: [QueueStatus] = []
            while true {
                let page = try await store.statuses(of: customer, after: found.last?.customerID, limit: 500)
                found += page
                guard page.count == 500 else { return found }
            }
        }
    }

    private static func check(_ customer: String?) throws {
        if let customer, UUID(uuidString: customer) == nil {
            throw ValidationError("--customer '\(customer)' is not a customer id")
        }
    }
}
