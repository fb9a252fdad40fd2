import ArgumentParser
import Bootstrap
import FoundationEssentials
import Jobs
import Store

/// `cloudoptim job …`.
struct JobCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job",
        abstract: "Shows, submits, cancels and retries jobs.",
        subcommands: [Show.self, Why.self, Submit.self, Cancel.self, Retry.self]
    )

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "One job with its runs."
        )

        @Argument(help: "The job's id.")
        var id: String

        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard UUID(uuidString: id) != nil else { throw ValidationError("'\(id)' is not a job id") }
        }

        func run() async throws {
            try await FleetAccess.with { fleet, _ in
                guard let id = UUID(uuidString: id), let view = try await fleet.queue.view(id) else {
                    Terminal.error("cloudoptim: there is no job \(id)")
                    throw ExitCode(1)
                }
                // Redis may be away: what the journal knows of the job is shown all the same.
                let waits = !view.state.isTerminal && view.state != .running
                let why = waits ? try? await fleet.queue.explain(id) : nil
                try JobOutput.print(view, why: why, asJSON: common.json)
            }
        }
    }

    struct Submit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "submit",
            abstract: "Submits a job, on the authority of whoever may use this machine."
        )

        @Argument(help: "The job's type.")
        var type: String

        @Option(help: "The cluster it is about.")
        var cluster: String?

        @Option(parsing: .upToNextOption, help: "Parameters as key=value; a value may be JSON.")
        var param: [String] = []

        @Option(help: "1 (first) to 10.")
        var priority: Int?

        @Option(help: "Seconds from now after which it is of no use.")
        var deadline: Int?

        @Flag(help: "Wait for the outcome, and exit 1 unless it is a success.")
        var wait = false

        @OptionGroup var common: CommonOptions

        func validate() throws {
            if let cluster, UUID(uuidString: cluster) == nil {
                throw ValidationError("--cluster '\(cluster)' is not a cluster id")
            }
            if let deadline, deadline < 1 { throw ValidationError("--deadline must be at least 1 second") }
            _ = try parameters()
        }

        func run() async throws {
            try await FleetAccess.with { fleet, settings in
                var submission = JobSubmission(type: type, submittedBy: "cloudoptim")
                submission.parameters = try parameters()
                submission.priority = priority
                submission.deadline = deadline.map { Date().addingTimeInterval(Double($0)) }
                if let id = cluster.flatMap({ UUID(uuidString: $0) }) {
                    let clusters = ClusterStore(pool: fleet.pool, keyring: try settings.keyring())
                    guard let found = try await clusters.find(id) else {
                        throw ValidationError("--cluster \(id.text) is not a registered cluster")
                    }
                    submission.clusterID = id
                    submission.customerID = found.customerID
                }
                let verdict: AcceptanceVerdict
                do {
                    verdict = try await fleet.queue.submit(submission)
                } catch let error as SubmissionError {
                    let valid =
                        error.validValues.isEmpty
                        ? "" : "; valid: \(error.validValues.joined(separator: ", "))"
                    throw ValidationError("\(error)\(valid)")
                }
                guard case .accepted(let job) = verdict else {
                    Terminal.error("cloudoptim: not accepted: \(verdict)")
                    throw ExitCode(1)
                }
                try await finish(job.id, on: fleet)
            }
        }

        private func finish(_ id: UUID, on fleet: Fleet) async throws {
            var view = try await fleet.queue.view(id)
            while wait, view?.state.isTerminal == false {
                try await Task.sleep(for: .milliseconds(100))
                view = try await fleet.queue.view(id)
            }
            guard let view else { return }
            try JobOutput.print(view, asJSON: common.json)
            if wait, view.state != .success { throw ExitCode(1) }
        }

        private func parameters() throws -> [String: JSONValue] {
            try JobParameters.parse(param)
        }
    }
}
