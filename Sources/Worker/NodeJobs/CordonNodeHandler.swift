import Drain
import Jobs
import Kubernetes
import Store

/// `cordon-node`: keeps new pods off a node; those that run on it stay.
struct CordonNodeHandler: JobHandler {
    let access: ClusterAccess
    let steps: StepStore

    func run(_ context: JobContext) async throws -> JobReport {
        let name = try context.parameters(as: NodeParameters.self).nodeName
        let (cluster, client) = try await access.open(context)
        do {
            let before = try await client.node(name)
            guard !context.job.isDryRun else {
                return NodeReport(before, wants: true).dryRun()
            }
            let claim = try await ClaimSteps.load(steps, context)
            let after = try await NodeCordon(client).setUnschedulable(
                name,
                true,
                mayAct: { try await claim.begin() }
            )
            return NodeReport(before, wants: true).done(after)
        } catch let error as KubernetesError {
            throw try await access.failure(error, of: cluster, node: name)
        }
    }
}
