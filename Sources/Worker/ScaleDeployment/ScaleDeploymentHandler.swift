import FoundationEssentials
import Jobs
import Kubernetes
import Store

/// `scale-deployment`: sets the replicas of a deployment, unless an autoscaler does.
struct ScaleDeploymentHandler: JobHandler {
    /// How often a deployment that somebody else changes meanwhile is read again.
    private static let maxConflicts = 8

    let access: ClusterAccess
    let steps: StepStore

    func run(_ context: JobContext) async throws -> JobReport {
        let parameters = try context.parameters(as: ScaleParameters.self)
        let (cluster, client) = try await access.open(context)
        do {
            return try await scale(parameters, client, context)
        } catch let error as KubernetesError {
            if error.code == .notFound, error.details?.name == parameters.deploymentName {
                throw JobFailure(
                    code: "deployment_not_found",
                    message: "the cluster has no \(Self.named(parameters))",
                    isRetryable: false
                )
            }
            throw try await access.failure(error, of: cluster.id, manifest: "scale.yaml")
        }
    }

    private func scale(
        _ parameters: ScaleParameters,
        _ client: KubernetesClient,
        _ context: JobContext
    ) async throws -> JobReport {
        let workload = parameters.workload
        let owners = try await client.declarativeOwners(of: workload)
        let autoscaler = try await client.horizontalPodAutoscalers(namespace: workload.namespace)
            .first { $0.scales(workload) }
        if let autoscaler, parameters.ignoreAutoscaler != true {
            throw Self.isOwned(parameters, by: autoscaler)
        }
        let claim = try await ClaimSteps.load(steps, context)
        // What an earlier run of this job found before it changed the number.
        var known = try claim.read(ScaleStep.name, as: ScaleStep.self)?.previousReplicas
        var conflicts = 0
        while true {
            let found = try await client.scale(of: workload)
            let result = ScaleResult(
                parameters,
                previous: found.wantedReplicas == parameters.replicas
                    ? known ?? found.wantedReplicas : found.wantedReplicas,
                found: found.wantedReplicas,
                autoscaler: autoscaler?.metadata.name,
                owners: owners
            )
            if let expected = parameters.expectedReplicas, result.previous != expected {
                throw result.differs(from: expected)
            }
            if context.job.isDryRun { return result.dryRun() }
            guard found.wantedReplicas != parameters.replicas else { return result.done() }
            try claim.mayAct()
            known = found.wantedReplicas
            try await claim.record(ScaleStep.name, ScaleStep(previousReplicas: found.wantedReplicas))
            try claim.mayAct()
            do throws(KubernetesError) {
                _ = try await client.setScale(
                    of: workload,
                    replicas: parameters.replicas,
                    resourceVersion: found.resourceVersion
                )
                return result.done()
            } catch {
                conflicts += 1
                guard error.code == .conflict, conflicts < Self.maxConflicts else { throw error }
            }
            // A controller writes now and then, not all the time. Or the change was made, and its answer lost.
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...(20 << conflicts))))
        }
    }

    private static func isOwned(
        _ parameters: ScaleParameters,
        by autoscaler: HorizontalPodAutoscaler
    ) -> JobFailure {
        let spec = autoscaler.spec
        return JobFailure(
            code: "owned_by_autoscaler",
            message: """
                \(named(parameters)) is scaled by the HorizontalPodAutoscaler \(autoscaler.metadata.name) \
                (\(spec.minReplicas ?? 1) to \(spec.maxReplicas) replicas), which would undo it: change that, \
                or set ignore_autoscaler
                """,
            isRetryable: false,
            report: JobReport(
                metadata: .object([
                    "namespace": .string(parameters.namespace),
                    "deployment_name": .string(parameters.deploymentName),
                    "autoscaler": .string(autoscaler.metadata.name),
                ])
            )
        )
    }

    static func named(_ parameters: ScaleParameters) -> String {
        "deployment \(parameters.namespace)/\(parameters.deploymentName)"
    }
}
