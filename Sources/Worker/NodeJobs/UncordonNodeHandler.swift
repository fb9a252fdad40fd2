import Drain
import Jobs
import Kubernetes
import Store

/// `uncordon-node`: lets new pods on a node again, whoever cordoned it.
///
/// A node that a job is draining is left to that job. Where the job is over, its hold ends too. Taints of others
/// stay.
struct UncordonNodeHandler: JobHandler {
    let access: ClusterAccess
    let steps: StepStore
    let holders: NodeHolders

    func run(_ context: JobContext) async throws -> JobReport {
        let name = try context.parameters(as: NodeParameters.self).nodeName
        let (cluster, client) = try await access.open(context)
        do {
            return try await uncordon(name, client, context)
        } catch let error as KubernetesError {
            throw try await access.failure(error, of: cluster, node: name)
        }
    }

    private func uncordon(
        _ name: String,
        _ client: KubernetesClient,
        _ context: JobContext
    ) async throws -> JobReport {
        let before = try await client.node(name)
        var report = NodeReport(before, wants: false)
        if let holder = NodeHold.holder(of: before) {
            guard try await holders.isOver(holder) else { throw Self.isHeld(name, by: holder) }
            report.endedHold = holder
        }
        guard !context.job.isDryRun else { return report.dryRun() }
        let claim = try await ClaimSteps.load(steps, context)
        let cordon = NodeCordon(client)
        if let holder = report.endedHold {
            try await cordon.release(name, jobID: holder, mayAct: { try await claim.begin() })
        }
        let after = try await cordon.setUnschedulable(
            name,
            false,
            admit: { node in
                // A drain that began meanwhile goes first.
                if let holder = NodeHold.holder(of: node) { throw Self.isHeld(name, by: holder) }
            },
            mayAct: { try await claim.begin() }
        )
        return report.done(after)
    }

    private static func isHeld(_ name: String, by holder: String) -> JobFailure {
        JobFailure(
            code: "node_held",
            message: "node \(name) is being drained by job \(holder): let it end, or cancel it first",
            isRetryable: false
        )
    }
}
