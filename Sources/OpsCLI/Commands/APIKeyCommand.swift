import ArgumentParser
import Bootstrap
import FoundationEssentials
import Store

/// `cloudoptim api-key …`.
struct APIKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "api-key",
        abstract: "Makes, lists and revokes API keys.",
        subcommands: [Create.self, List.self, Revoke.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create",
            abstract: "Makes a key and shows it, this once."
        )

        @Argument(help: "What people call it.")
        var name: String

        @Option(help: "read, submit, operate or admin; each includes the ones before it.")
        var scope = "read"

        @Option(help: "The only customer it sees.")
        var customer: String?

        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard APIKeyRecord.Scope(rawValue: scope) != nil else {
                let words = APIKeyRecord.Scope.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--scope '\(scope)' must be one of \(words)")
            }
            guard (1...100).contains(name.utf8.count) else {
                throw ValidationError("the name must have 1 to 100 bytes")
            }
            if let customer, UUID(uuidString: customer) == nil {
                throw ValidationError("--customer '\(customer)' is not a customer id")
            }
        }

        func run() async throws {
            try await FleetAccess.with { fleet, _ in
                let customerID = customer.flatMap { UUID(uuidString: $0) }
                if let customerID, try await CustomerStore(pool: fleet.pool).find(customerID) == nil {
                    throw ValidationError("--customer \(customerID.text) is not a registered customer")
                }
                let key = try APIKeySecret.generate()
                let record = try await APIKeyStore(pool: fleet.pool).insert(
                    name: name,
                    prefix: key.prefix,
                    hash: key.hash,
                    scope: APIKeyRecord.Scope(rawValue: scope) ?? .read,
                    customerID: customerID
                )
                var table = Table("key_id", "name", "scope", "customer_id", "api_key")
                table.add(
                    .string(record.id.text),
                    .string(record.name),
                    .string(record.scope.rawValue),
                    .optional(record.customerID?.text),
                    .string(key.text)
                )
                try table.print(asJSON: common.json)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "All keys, without the keys."
        )

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await FleetAccess.with { fleet, _ in
                var table = Table(
                    "key_id",
                    "name",
                    "prefix",
                    "scope",
                    "customer_id",
                    "created_at",
                    "revoked_at"
                )
                for key in try await APIKeyStore(pool: fleet.pool).list() {
                    table.add(
                        .string(key.id.text),
                        .string(key.name),
                        .string(key.prefix),
                        .string(key.scope.rawValue),
                        .optional(key.customerID?.text),
                        .time(key.createdAt),
                        .time(key.revokedAt)
                    )
                }
                try table.print(asJSON: common.json)
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke",
            abstract: "Stops a key from working, within five seconds."
        )

        @Argument(help: "The key's id.")
        var id: String

        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard UUID(uuidString: id) != nil else { throw ValidationError("'\(id)' is not a key id") }
        }

        func run() async throws {
            try await FleetAccess.with { fleet, _ in
                guard let id = UUID(uuidString: id), try await APIKeyStore(pool: fleet.pool).revoke(id) else {
                    Terminal.error("cloudoptim: there is no working key \(id)")
                    throw ExitCode(1)
                }
                var table = Table("revoked")
                table.add(.string(id.text))
                try table.print(asJSON: common.json)
            }
        }
    }
}
