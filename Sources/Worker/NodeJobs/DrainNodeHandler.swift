import Drain
import FoundationEssentials
import Jobs
import Kubernetes
import Logging
import Store

/// `drain-node`: moves every pod of a node elsewhere, or leaves everything as it is.
///
/// How far it has come is recorded each second, so that another worker goes on from there. A run that is
/// interrupted leaves the node as it is, for whoever goes on; after a cancelled job, `uncordon-node` gives it back.
struct DrainNodeHandler: JobHandler {
    let access: ClusterAccess
    let steps: StepStore
    let journal: JobJournal
    let paces: ClusterPaces

    func run(_ context: JobContext) async throws -> JobReport {
        let parameters = try context.parameters(as: DrainParameters.self)
        let (cluster, opened) = try await access.open(context)
        var client = opened
        if let deadline = context.deadline {
            // A server that does not answer must not eat up the time to give the node back.
            client = client.until(deadline - DrainParameters.rollBackTime(of: deadline - .now))
        }
        let pace = paces.pace(of: cluster.id)
        let drain = NodeDrain(client: client, pace: pace, logger: context.logger)
        do {
            guard !context.job.isDryRun else { return try await rehearse(drain, parameters, context) }
            return try await perform(drain, parameters, client, context)
        } catch let error as KubernetesError {
            throw try await access.failure(error, of: cluster, node: parameters.nodeName)
        }
    }

    private func perform(
        _ drain: NodeDrain,
        _ parameters: DrainParameters,
        _ client: KubernetesClient,
        _ context: JobContext
    ) async throws -> JobReport {
        let claim = try await ClaimSteps.load(steps, context)
        let progress = try await resumed(claim, context)
        // Before anything is done: a worker whose claim is over learns it here.
        try await record(progress, claim, context)
        var report = try await run(drain, parameters, progress, claim, context)
        if report.outcome == .refused, report.blockers.allSatisfy({ $0.kind == .held }),
            try await endHold(of: parameters.nodeName, client, claim)
        {
            report = try await run(drain, parameters, progress, claim, context)
        }
        report.measure()
        if report.outcome == .nodeGone, progress.nodeUID == nil, report.heldAt == nil {
            throw JobFailure.noSuchNode(parameters.nodeName)
        }
        return try DrainOutcome(report).result()
    }

    private func run(
        _ drain: NodeDrain,
        _ parameters: DrainParameters,
        _ progress: DrainProgress,
        _ claim: ClaimSteps,
        _ context: JobContext
    ) async throws -> DrainReport {
        let policy = parameters.policy(
            elapsed: .seconds(max(0, -progress.startedAt.timeIntervalSinceNow)),
            remaining: context.deadline.map { $0 - .now }
        )
        return try await drain.run(
            node: parameters.nodeName,
            jobID: context.job.id.text,
            policy: policy,
            resuming: progress,
            hooks: DrainHooks(
                mayAct: { try claim.mayAct() },
                onProgress: { progress in
                    do {
                        try await record(progress, claim, context)
                    } catch let error as any RetryableError where error.isRetryable {
                        // The cluster itself shows most of it, and the next second brings another chance.
                        context.logger.warning(
                            "a drain's progress could not be recorded",
                            metadata: ["error": "\(error)"]
                        )
                    }
                }
            )
        )
    }

    private func resumed(_ claim: ClaimSteps, _ context: JobContext) async throws -> DrainProgress {
        let now = Date()
        // What another release recorded may not be readable: a drain can also begin anew.
        guard let step = try? claim.read(DrainStep.name, as: DrainStep.self) else {
            return DrainProgress(startedAt: now)
        }
        let attempts = try await journal.entry(context.job.id)?.attempts ?? []
        return step.resumed(after: attempts, at: now)
    }

    private func record(
        _ progress: DrainProgress,
        _ claim: ClaimSteps,
        _ context: JobContext
    ) async throws {
        try await claim.record(DrainStep.name, DrainStep(fence: context.fence, progress: progress))
    }

    /// Ends the hold that a job left which is over: it was cancelled, or had drained the node before.
    ///
    /// - Returns: Whether there was one.
    private func endHold(
        of node: String,
        _ client: KubernetesClient,
        _ claim: ClaimSteps
    ) async throws -> Bool {
        guard let holder = NodeHold.holder(of: try await client.node(node)),
            try await NodeHolders(journal: journal).isOver(holder)
        else { return false }
        try await NodeCordon(client).release(node, jobID: holder, mayAct: { try claim.mayAct() })
        return true
    }

    private func rehearse(
        _ drain: NodeDrain,
        _ parameters: DrainParameters,
        _ context: JobContext
    ) async throws -> JobReport {
        let blockers = try await drain.check(
            node: parameters.nodeName,
            jobID: context.job.id.text,
            policy: parameters.policy(elapsed: .zero, remaining: nil)
        )
        return JobReport(
            logs: blockers.isEmpty
                ? ["nothing forbids to drain node \(parameters.nodeName)"]
                : ["node \(parameters.nodeName) would not be drained"] + blockers.map(\.description),
            metadata: .object([
                "dry_run": .bool(true), "node_name": .string(parameters.nodeName),
                "would_refuse": .bool(!blockers.isEmpty), "blockers": try JSONValue(shown: blockers),
            ])
        )
    }
}
