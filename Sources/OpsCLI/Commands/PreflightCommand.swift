import ArgumentParser
import Bootstrap
import FoundationEssentials
import Jobs
import Store

/// `cloudoptim preflight`.
struct PreflightCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preflight",
        abstract:
            "Finds out what we may do with a cluster, and shows what to add where something is missing.",
        discussion:
            "A worker asks, as it has the credentials. Exits 1 unless something is possible and nothing grave found."
    )

    @Argument(help: "The cluster's id.")
    var cluster: String

    @Flag(help: "Ask nothing: show the latest report.")
    var last = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard UUID(uuidString: cluster) != nil else {
            throw ValidationError("'\(cluster)' is not a cluster id")
        }
    }

    func run() async throws {
        try await FleetAccess.with { fleet, settings in
            let clusters = ClusterStore(pool: fleet.pool, keyring: try settings.keyring())
            guard let id = UUID(uuidString: cluster), let found = try await clusters.find(id) else {
                throw ValidationError("\(cluster) is not a registered cluster")
            }
            if !last { try await ask(about: found, on: fleet) }
            guard let record = try await PreflightStore(pool: fleet.pool).latest(of: id) else {
                Terminal.error("cloudoptim: there is no report of \(cluster) yet")
                throw ExitCode(1)
            }
            let output = try PreflightOutput(record)
            try output.print(asJSON: common.json)
            if !output.isWell { throw ExitCode(1) }
        }
    }

    /// Longer than the job's deadline: it has ended by then, unless nobody works.
    private static let patience: Duration = .seconds(150)

    /// Makes the job, or finds the one that waits or runs, and waits for it.
    private func ask(about cluster: ClusterRecord, on fleet: Fleet) async throws {
        var submission = JobSubmission(
            type: JobType.preflight.rawValue,
            clusterID: cluster.id,
            submittedBy: "cloudoptim"
        )
        submission.customerID = cluster.customerID
        let id: UUID
        switch try await fleet.queue.submit(submission) {
        case .accepted(let job): id = job.id
        case .existing(let known): id = known
        case let verdict:
            Terminal.error("cloudoptim: not accepted: \(verdict)")
            throw ExitCode(1)
        }
        let started = ContinuousClock.now
        var isPatient = true
        var view = try await fleet.queue.view(id)
        while view?.state.isTerminal == false {
            let waited = ContinuousClock.now - started
            if isPatient, waited > .seconds(3) {
                isPatient = false
                Terminal.error("cloudoptim: waiting for a worker to do job \(id.text)")
            }
            guard waited < Self.patience else {
                Terminal.error(
                    "cloudoptim: no worker did it; see `cloudoptim workers` and `cloudoptim queue`"
                )
                throw ExitCode(1)
            }
            try await Task.sleep(for: .milliseconds(100))
            view = try await fleet.queue.view(id)
        }
        guard let view, view.state != .success else { return }
        try JobOutput.print(view, asJSON: common.json)
        throw ExitCode(1)
    }
}
