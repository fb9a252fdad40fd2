import AWS
import Bootstrap
import Drain
import FoundationEssentials
import Jobs
import Kubernetes
import Logging
import Store

/// One interruption of one node: the drain and the replacement beside each other.
struct InterruptionRun: Sendable {
    let handler: SpotWarningHandler
    let context: JobContext
    let interruption: Interruption
    let steps: ClaimSteps
    let customer: CustomerRecord
    let cluster: ClusterRecord
    let node: InterruptedNode
    /// When all calls end.
    let limit: ContinuousClock.Instant?

    func run(_ record: inout InterruptionRecord) async throws -> JobReport {
        if context.job.isDryRun { return try await rehearse() }
        switch interruption.course {
        case .drain, .cordon: return try await save(&record)
        case .replaceFirst: return try await replaceFirst(&record)
        case .record: return try await record.close(.ignored, "recorded", nil)
        }
    }

    // MARK: - The machine will be lost

    private func save(_ record: inout InterruptionRecord) async throws -> JobReport {
        // Whatever becomes of one of them, the other goes on.
        async let replaced = Result { try await replace() }
        let drained = await Result { try await evacuate() }
        let replacement = await replaced
        record.replacement = try replacement.get()
        switch drained {
        case .success(let report): record.drain = report
        case .failure(let error as KubernetesError):
            record.problems.append(
                "the node could not be drained: \(ClusterFailure.message(of: error, manifest: "drain.yaml"))"
            )
        case .failure(let error): throw error
        }
        try await follow()
        return try await record.close()
    }

    private func evacuate() async throws -> DrainReport {
        if let done: DrainReport = try steps.read("drained") { return done }
        guard let client = try await handler.connections.client(for: cluster.id) else {
            throw JobFailure(
                code: "cluster_gone",
                message: "the cluster is not registered any more",
                isRetryable: false
            )
        }
        let report: DrainReport
        if interruption.course == .cordon {
            report = try await cordon(client)
        } else {
            let drain = NodeDrain(
                client: client,
                pace: handler.paces.pace(of: cluster.id),
                logger: context.logger
            )
            report = try await drain.run(
                node: node.name,
                jobID: context.job.id.text,
                deadline: interruption.lostAt ?? Date().addingTimeInterval(Interruption.notice.seconds),
                resuming: try steps.read("drain") ?? DrainProgress(nodeUID: node.uid, startedAt: Date()),
                hooks: hooks
            )
        }
        try await steps.record("drained", report)
        return report
    }

    /// A machine that is frozen at once: what is left to do is to send nothing more there.
    private func cordon(_ client: KubernetesClient) async throws -> DrainReport {
        let began = Date()
        let client = limit.map(client.until) ?? client
        do {
            try await NodeCordon(client).hold(
                node.name,
                jobID: context.job.id.text,
                excludesFromLoadBalancers: true,
                mayAct: { try steps.mayAct() }
            )
        } catch let error as KubernetesError where error.code == .notFound {
            return DrainReport(.nodeGone, node: node.name, startedAt: began, finishedAt: Date())
        }
        return DrainReport(
            .incomplete,
            node: node.name,
            startedAt: began,
            heldAt: Date(),
            finishedAt: Date(),
            problems: ["the machine hibernates at once: there was no time to stop its pods"]
        )
    }

    private func replace() async throws -> ReplacementOutcome {
        if let known: ReplacementOutcome = try steps.read("replacement"),
            known.result != .launched || known.runningAt != nil
        {
            return known
        }
        let aws: AWSClient
        do {
            aws = try handler.sessions.client(
                for: customer,
                region: interruption.region ?? cluster.region,
                purpose: .interruptionHandling,
                job: context.job.type,
                clusterTag: cluster.ownershipTag
            )
        } catch {
            return ReplacementOutcome(.failed, reason: ReplacementLaunch.explained(error))
        }
        let launch = ReplacementLaunch(
            aws: limit.map(aws.until) ?? aws,
            types: handler.types,
            offerings: handler.offerings,
            records: handler.records,
            steps: steps,
            job: context.job.id,
            cluster: cluster,
            node: node,
            instanceID: interruption.instanceID,
            isBoundToZone: await isBoundToZone(),
            limit: limit,
            logger: context.logger
        )
        return try await launch.run()
    }

    /// Whether a pod of the node has a disk; nobody moves a disk to another zone.
    private func isBoundToZone() async -> Bool {
        do {
            guard let client = try await handler.connections.client(for: cluster.id) else { return false }
            let soon = ContinuousClock.now + .seconds(5)
            let pods = try await client.until(limit.map { min($0, soon) } ?? soon).pods(onNode: node.name)
            return pods.contains { ($0.spec.volumes ?? []).contains(where: \.isClaimed) }
        } catch {
            // One zone is right for all pods, and may have less to offer.
            return true
        }
    }

    // MARK: - The machine may be lost

    /// Replaces first, and moves pods only when the replacement is there: nothing is certain yet.
    private func replaceFirst(_ record: inout InterruptionRecord) async throws -> JobReport {
        let replacement = try await replace()
        record.replacement = replacement
        guard [.launched, .adopted].contains(replacement.result), let id = replacement.instanceID else {
            let word = replacement.result == .left ? "left" : "recorded"
            return try await record.close(.handled, word, replacement.reason)
        }
        guard let client = try await handler.connections.client(for: cluster.id) else {
            return try await record.close(.foreign, "recorded", "the cluster is not registered any more")
        }
        while try await !isReady(id, client) {
            if try await isNeededSooner() {
                return try await record.close(
                    .handled,
                    "replaced",
                    "a warning followed, which another job handles"
                )
            }
            try await Task.sleep(for: .seconds(3))
        }
        record.replacementReadyAt = Date()
        let drain = NodeDrain(
            client: client,
            pace: handler.paces.pace(of: cluster.id),
            logger: context.logger
        )
        let left = limit.map { $0 - .now } ?? .seconds(600)
        // Half a minute for the roll-back.
        let policy = VoluntaryPolicy(timeout: max(.seconds(10), min(.seconds(900), left - .seconds(30))))
        guard
            let report = try await unlessNeededSooner({
                try await drain.run(
                    node: node.name,
                    jobID: context.job.id.text,
                    policy: policy,
                    resuming: try steps.read("drain"),
                    hooks: hooks
                )
            })
        else {
            return try await record.close(
                .handled,
                "replaced",
                "a warning followed, which another job handles"
            )
        }
        try await steps.record("drained", report)
        record.drain = report
        try await follow()
        return try await record.close()
    }

    /// Gives way to a warning, whose job waits for this one to end.
    ///
    /// - Returns: nil if the body was cancelled for it.
    private func unlessNeededSooner(
        _ body: @escaping @Sendable () async throws -> DrainReport
    ) async throws -> DrainReport? {
        try await withThrowingTaskGroup(of: DrainReport?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                while try await !isNeededSooner() { try await Task.sleep(for: .seconds(1)) }
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    private func isReady(_ instance: String, _ client: KubernetesClient) async throws -> Bool {
        do {
            guard let node = try await client.nodes(instanceIDs: [instance])[instance] else { return false }
            return NodeFacts(node).isReady
        } catch {
            if error.code == .cancelled { throw CancellationError() }
            guard error.isRetryable else { throw ClusterFailure.failure(error, manifest: "drain.yaml") }
            return false
        }
    }

    private func isNeededSooner() async throws -> Bool {
        guard let deadline = context.job.deadline else { return false }
        return try await handler.records.isNeededSooner(
            interruption.instanceID,
            of: customer.id,
            than: context.job.id,
            deadline: deadline
        )
    }

    // MARK: - Both

    private var hooks: DrainHooks {
        DrainHooks(
            mayAct: { try steps.mayAct() },
            onProgress: { try await steps.record("drain", $0) }
        )
    }

    /// Lets another job watch what happens after this one's time: whether the replacement joins, and whether the
    /// machine was really taken.
    private func follow() async throws {
        var submission = JobSubmission(
            type: JobType.settleInterruption.rawValue,
            clusterID: cluster.id,
            customerID: customer.id,
            submittedBy: "job \(context.job.id.text)"
        )
        submission.parameters = ["interruption": .string(context.job.id.text)]
        submission.dedupeKey = "settle:\(context.job.id.text)"
        submission.whenDuplicate = .merge
        submission.traceparent = context.trace.traceparent
        try steps.mayAct()
        _ = try await handler.queue.submit(submission)
    }

    private func rehearse() async throws -> JobReport {
        guard let client = try await handler.connections.client(for: cluster.id) else {
            throw JobFailure(
                code: "cluster_gone",
                message: "the cluster is not registered any more",
                isRetryable: false
            )
        }
        let drain = NodeDrain(client: client, logger: context.logger)
        let blockers = try await drain.check(node: node.name, jobID: context.job.id.text)
        return JobReport(
            logs: ["dry run: node \(node.name) of \(cluster.name) would be handled"]
                + blockers.map(\.description),
            metadata: .object([
                "dry_run": .bool(true), "node": .string(node.name),
                "blockers": try JSONValue(shown: blockers),
                "replaced_by": node.owner.map { .string($0.description) } ?? .null,
            ])
        )
    }
}

extension Result where Failure == any Error {
    fileprivate init(catching body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
