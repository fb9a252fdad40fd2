import Jobs
import Kubernetes
import Store

/// What a job says of a deployment that it scales.
struct ScaleResult {
    private let parameters: ScaleParameters
    /// The replicas before any run of the job changed them.
    let previous: Int
    private let found: Int
    private let autoscaler: String?
    private let owners: [DeclarativeOwner]

    init(
        _ parameters: ScaleParameters,
        previous: Int,
        found: Int,
        autoscaler: String?,
        owners: [DeclarativeOwner]
    ) {
        self.parameters = parameters
        self.previous = previous
        self.found = found
        self.autoscaler = autoscaler
        self.owners = owners
    }

    private var name: String { ScaleDeploymentHandler.named(parameters) }

    private var warnings: [String] {
        let undoing = owners.map { "\($0.rawValue) keeps \(name) as it is declared, and may undo this" }
        let scaling = autoscaler.map { "the HorizontalPodAutoscaler \($0) may undo this" }
        return undoing + (scaling.map { [$0] } ?? [])
    }

    /// What would be done.
    func dryRun() -> JobReport {
        let log =
            found == parameters.replicas
            ? "\(name) has \(found) replicas"
            : "\(name) would be scaled from \(found) to \(parameters.replicas) replicas"
        return report(log, ["dry_run": .bool(true), "would_change": .bool(found != parameters.replicas)])
    }

    /// What was done, by this run or an earlier one.
    func done() -> JobReport {
        let isChanged = previous != parameters.replicas
        let log =
            isChanged
            ? "\(name) was scaled from \(previous) to \(parameters.replicas) replicas"
            : "\(name) had \(previous) replicas before"
        return report(log, ["changed": .bool(isChanged)])
    }

    /// The number is another than the client thought.
    func differs(from expected: Int) -> JobFailure {
        JobFailure(
            code: "replicas_differ",
            message: "\(name) has \(found) replicas, not \(expected) as expected: nothing was changed",
            isRetryable: false,
            report: report("nothing was changed", ["changed": .bool(false)])
        )
    }

    private func report(_ log: String, _ more: [String: JSONValue]) -> JobReport {
        let own: [String: JSONValue] = [
            "namespace": .string(parameters.namespace),
            "deployment_name": .string(parameters.deploymentName),
            "previous_replicas": .integer(Int64(previous)),
            "replicas": .integer(Int64(parameters.replicas)),
            "autoscaler": autoscaler.map(JSONValue.string) ?? .null,
            "warnings": .array(warnings.map(JSONValue.string)),
        ]
        return JobReport(
            logs: [log] + warnings.map { "warning: \($0)" },
            metadata: .object(own.merging(more) { $1 })
        )
    }
}
