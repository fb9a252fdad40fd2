import ArgumentParser
import Bootstrap
import FoundationEssentials
import Jobs
import Store

/// A job named on the command line.
struct JobArgument: ParsableArguments {
    @Argument(help: "The job's id.")
    var id: String

    func validate() throws {
        guard UUID(uuidString: id) != nil else { throw ValidationError("'\(id)' is not a job id") }
    }

    /// Does something with the job, and says in a line why it cannot be done.
    func with(_ body: (Fleet, UUID) async throws -> Void) async throws {
        guard let uuid = UUID(uuidString: id) else { throw ValidationError("'\(id)' is not a job id") }
        try await FleetAccess.with { fleet, _ in
            do {
                try await body(fleet, uuid)
            } catch let error as JobControlError {
                switch error {
                case .notFound: Terminal.error("cloudoptim: there is no job \(id)")
                case .wrongState(let state):
                    Terminal.error("cloudoptim: the job is \(state.rawValue) already")
                case .duplicate(let other):
                    Terminal.error("cloudoptim: the unfinished job \(other.text) has its dedupe key")
                }
                throw ExitCode(1)
            }
        }
    }
}

extension JobCommand {
    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cancel",
            abstract: "Takes a job back; one that runs is interrupted."
        )

        @OptionGroup var job: JobArgument
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await job.with { fleet, id in
                try JobOutput.print(try await fleet.queue.cancel(id, by: "cloudoptim"), asJSON: common.json)
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "retry",
            abstract: "Gives a job that failed, ran out of time or was cancelled another chance."
        )

        @OptionGroup var job: JobArgument
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await job.with { fleet, id in
                try JobOutput.print(try await fleet.queue.retry(id), asJSON: common.json)
            }
        }
    }

    struct Why: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "why",
            abstract: "What stands between a job and its start."
        )

        @OptionGroup var job: JobArgument
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await job.with { fleet, id in
                guard let found = try await fleet.queue.explain(id) else { throw JobControlError.notFound }
                var table = Table("state", "ahead", "key_held_by", "due", "code", "message")
                for reason in found.reasons {
                    table.add(
                        .string(found.state.rawValue),
                        found.ahead.map(JSONValue.count) ?? .null,
                        .optional(found.keyHolder?.text),
                        .time(found.due),
                        .string(reason.code),
                        .string(reason.message)
                    )
                }
                if found.reasons.isEmpty {
                    table.add(
                        .string(found.state.rawValue),
                        .count(0),
                        .null,
                        .null,
                        .string("next"),
                        .string("a worker takes it next")
                    )
                }
                try table.print(asJSON: common.json)
            }
        }
    }
}
