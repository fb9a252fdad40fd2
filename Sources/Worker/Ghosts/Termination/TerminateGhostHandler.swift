import AWS
import FoundationEssentials
import Ghosts
import Jobs
import Logging
import Store

/// `terminate-ghost`: ends a machine that serves nobody, or copies and deletes a disk.
///
/// What the job says is only a name. Whether it may be done is in our records, and in both lists, read again for this
/// alone, right before the act.
struct TerminateGhostHandler: JobHandler {
    let access: GhostAccess
    /// How often it looks whether the machine has ended.
    var look = Duration.seconds(2)

    func run(_ context: JobContext) async throws -> JobReport {
        guard case .string(let instance)? = try context.parameters()["instance_id"] else {
            throw JobFailure(
                code: "invalid_parameter",
                message: "parameters.instance_id must name a machine, or a disk",
                isRetryable: false
            )
        }
        let steps = try await ClaimSteps.load(access.steps, context)
        do {
            if let ended = try await ended(instance, context, steps) { return ended }
            let subject = try await access.open(context)
            guard let ghost = try await access.ghosts.open(instance, of: subject.customer.id),
                ghost.clusterID == subject.cluster.id
            else { return Self.nothing(instance, "it is no ghost of this cluster, or not any more") }
            guard ghost.status == .flagged || (ghost.status == .terminating && ghost.jobID == context.job.id)
            else { return Self.nothing(instance, "it is \(ghost.status.rawValue)") }
            switch ghost.kind {
            case .instance:
                return try await MachineTermination(
                    access: access,
                    subject: subject,
                    context: context,
                    steps: steps,
                    look: look
                ).run(ghost)
            case .volume:
                return try await DiskDeletion(
                    access: access,
                    subject: subject,
                    context: context,
                    steps: steps,
                    look: look
                ).run(ghost)
            }
        } catch let abort as ScanAbort {
            try await giveBack(instance, abort, context, steps)
            throw abort.failure
        }
    }

    /// What a worker that died had finished.
    private func ended(
        _ instance: String,
        _ context: JobContext,
        _ steps: ClaimSteps
    ) async throws -> JobReport? {
        guard let known: TerminationStep.Subject = try steps.read(TerminationStep.looked),
            let ghost = try await access.ghosts.find(known.ghost), ghost.status == .terminated,
            ghost.jobID == context.job.id
        else { return nil }
        return Self.done(ghost)
    }

    /// Nothing can be decided now: whoever wants to keep the ghost must not find it taken meanwhile.
    private func giveBack(
        _ instance: String,
        _ abort: ScanAbort,
        _ context: JobContext,
        _ steps: ClaimSteps
    ) async throws {
        guard !context.job.isDryRun,
            let known: TerminationStep.Subject = try steps.read(TerminationStep.looked),
            try steps.read(TerminationStep.acting, as: TerminationStep.Act.self) == nil
        else { return }
        try await access.ghosts.giveBack(
            known.ghost,
            by: context.job.id,
            as: .flagged,
            reason: "\(abort)",
            event: nil
        )
    }

    // MARK: - Reports

    static func nothing(_ instance: String, _ reason: String) -> JobReport {
        JobReport(
            logs: ["\(instance): nothing was done: \(reason)"],
            metadata: .object(["action": .string("none"), "reason": .string(reason)])
        )
    }

    static func done(_ ghost: GhostRecord) -> JobReport {
        JobReport(
            logs: ["\(ghost.instanceID): terminated"],
            metadata: .object([
                "action": .string("terminated"), "instance_id": .string(ghost.instanceID),
                "ghost_id": .string(ghost.id.text),
                "terminated_at": ghost.terminatedAt.map { .string($0.rfc3339) } ?? .null,
                "snapshot_id": ghost.snapshotID.map { .string($0) } ?? .null,
                "usd_per_hour_avoided": ghost.hourlyPrice.map { .string($0) } ?? .null,
            ])
        )
    }
}
