import AWS
import FoundationEssentials
import Ghosts
import Jobs
import Logging
import Store

/// The termination of one machine, in stored steps.
struct MachineTermination: Sendable {
    /// How long a call of ours that got no answer may take to show.
    private static let settling = 30.0

    let access: GhostAccess
    let subject: GhostAccess.Subject
    let context: JobContext
    let steps: ClaimSteps
    let look: Duration

    private var claim: GhostClaim { GhostClaim(access: access, context: context, steps: steps) }

    func run(_ ghost: GhostRecord) async throws -> JobReport {
        if let begun: TerminationStep.Act = try steps.read(TerminationStep.acting) {
            return try await finish(ghost, begun)
        }
        let first = try await verdict(on: ghost)
        switch first.verdict {
        case .spare(let doubt): return try await claim.spare(ghost, doubt.rawValue)
        case .terminate(let evidence):
            if context.job.isDryRun { return try await rehearse(ghost) }
            let subject = TerminationStep.Subject(
                ghost: ghost.id,
                instance: ghost.instanceID,
                group: evidence.group?.group
            )
            try await steps.record(TerminationStep.looked, subject)
        }
        if let report = try await claim.take(first.ghost) { return report }
        try await steps.record(TerminationStep.taken, ["ghost": ghost.id.text])
        if let report = try await tryOut(ghost) { return report }
        try await steps.record(TerminationStep.tried, ["ghost": ghost.id.text])
        // Once more, since nothing may lie between looking and acting.
        switch try await verdict(on: ghost).verdict {
        case .spare(let doubt): return try await claim.spare(ghost, doubt.rawValue)
        case .terminate(let evidence): return try await act(on: ghost, evidence)
        }
    }

    private func act(on ghost: GhostRecord, _ evidence: Evidence) async throws -> JobReport {
        if let doubt = try await lastDoubt(evidence) { return try await claim.spare(ghost, doubt.rawValue) }
        if try await access.ghosts.isOff(for: subject.customer.id) {
            throw ScanAbort(.switchedOff, "it was switched off")
        }
        let act = TerminationStep.Act(group: evidence.group?.group, at: Date())
        try await steps.record(TerminationStep.acting, act)
        if let report = try await terminate(ghost, act) { return report }
        return try await finish(ghost, act)
    }

    // MARK: - Looking

    /// Both sides, read anew, and the ghost as it is kept now.
    private func verdict(on ghost: GhostRecord) async throws -> (
        verdict: TerminationVerdict, ghost: GhostRecord
    ) {
        let scan = GhostScan(
            of: subject.scanned,
            rules: access.settings.rules,
            at: try await access.ghosts.now()
        )
        let orphans = try await subject.survey.orphans(scan)
        let knowledge = try await subject.survey.knowledge(scan, about: orphans)
        // Read last: what is decided on it holds only while it is of the same version.
        let known = try await access.ghosts.open(in: subject.cluster.id, kind: .instance)
        guard let current = known.first(where: { $0.id == ghost.id }) else { return (.spare(.gone), ghost) }
        let verdict = try scan.verdict(
            on: try current.sighting(),
            orphans,
            knowledge,
            known: try known.map { try $0.sighting() }
        )
        return (verdict, current)
    }

    /// The machine by its id alone: what a list by tags may not show yet.
    private func lastDoubt(_ evidence: Evidence) async throws -> Doubt? {
        let machine: Machine?
        do {
            machine = try await subject.aws.ec2.instances(ids: [evidence.machine.id]).first.map(Machine.init)
        } catch {
            if error.code == .notFound { return .gone }
            throw try GhostSurvey.abort(error, "instance")
        }
        guard let machine else { return .gone }
        if machine.tags[KnownTags.keep] != nil { return .keepTag }
        guard machine.state == "running" else { return .notRunning }
        guard machine.launchedAt == evidence.machine.launchedAt else { return .relaunched }
        return machine.foreignTags == evidence.machine.foreignTags ? nil : .tagsChanged
    }

    // MARK: - Acting

    /// Asks EC2 whether it would be allowed.
    private func tryOut(_ ghost: GhostRecord) async throws -> JobReport? {
        do {
            try await subject.aws.ec2.dryRun(.terminateInstances([ghost.instanceID]))
            return nil
        } catch {
            return try await claim.refused(ghost, error)
        }
    }

    private func rehearse(_ ghost: GhostRecord) async throws -> JobReport {
        do {
            try await subject.aws.ec2.dryRun(.terminateInstances([ghost.instanceID]))
        } catch {
            if error.code == .cancelled { throw CancellationError() }
            return TerminateGhostHandler.nothing(
                ghost.instanceID,
                "dry run: AWS would refuse it: \(ReplacementLaunch.explained(error))"
            )
        }
        return TerminateGhostHandler.nothing(ghost.instanceID, "dry run: it would be terminated")
    }

    /// - Returns: A report if AWS refused it; nil if it was done, or may have been.
    private func terminate(_ ghost: GhostRecord, _ act: TerminationStep.Act) async throws -> JobReport? {
        try steps.mayAct()
        do {
            if act.group == nil {
                _ = try await subject.aws.ec2.terminateInstances([ghost.instanceID])
            } else {
                // The group becomes smaller by it: it would launch the next ghost otherwise.
                try await subject.aws.autoScaling.terminate(ghost.instanceID, isReplaced: false)
            }
            return nil
        } catch {
            if error.code == .notFound || error.mayHaveHappened || error.isRetryable { return nil }
            return try await claim.refused(ghost, error)
        }
    }

    // MARK: - Following

    /// Waits until the machine has ended, asking again for what did not happen.
    private func finish(_ ghost: GhostRecord, _ act: TerminationStep.Act) async throws -> JobReport {
        var act = act
        while true {
            let state = try await state(of: ghost.instanceID)
            if let state, ["shutting-down", "terminated", "gone"].contains(state) {
                return try await claim.ended(ghost, state, detail: detail(ghost, act, state))
            }
            if Date().timeIntervalSince(act.at) > Self.settling, try await isUntouched(ghost, act, state) {
                // Who asked first may have died an hour ago, and the machine have become a node since.
                if case .spare(let doubt) = try await verdict(on: ghost).verdict {
                    return try await claim.spare(ghost, doubt.rawValue)
                }
                act.at = Date()
                try await steps.record(TerminationStep.acting, act)
                if let report = try await terminate(ghost, act) { return report }
            }
            guard ContinuousClock.now + look < subject.limit else {
                throw JobFailure(
                    code: "termination_pending",
                    message: "the machine is still \(state ?? "not to be seen")",
                    isRetryable: true
                )
            }
            try await Task.sleep(for: look)
        }
    }

    private func state(of id: String) async throws -> String? {
        do {
            return try await subject.aws.ec2.instances(ids: [id]).first?.state.rawValue ?? "gone"
        } catch {
            switch error.code {
            case .notFound: return "gone"
            case .cancelled: throw CancellationError()
            default:
                guard error.isRetryable else {
                    throw JobFailure(
                        code: "aws_\(error.code.rawValue)",
                        message: ReplacementLaunch.explained(error),
                        isRetryable: true
                    )
                }
                return nil
            }
        }
    }

    /// Whether the call has not reached AWS: a group's state tells before the machine's does, and a second call would
    /// make the group smaller again.
    private func isUntouched(_ ghost: GhostRecord, _ act: TerminationStep.Act, _ state: String?) async throws
        -> Bool
    {
        guard state == "running" else { return false }
        guard let group = act.group else { return true }
        do {
            let member = try await subject.aws.autoScaling.instances([ghost.instanceID]).collect().first
            return member?.group == group && member?.lifecycleState == "InService"
        } catch {
            if error.code == .cancelled { throw CancellationError() }
            return false
        }
    }

    private func detail(_ ghost: GhostRecord, _ act: TerminationStep.Act, _ state: String)
        -> [String: JSONValue]
    {
        [
            "state": .string(state),
            "instance_type": ghost.instanceType.map { .string($0) } ?? .null,
            "auto_scaling_group": act.group.map { .string($0) } ?? .null,
            "grace_waived_by": ghost.waivedBy.map { .string($0) } ?? .null,
            "usd_per_hour_avoided": ghost.hourlyPrice.map { .string($0) } ?? .null,
        ]
    }
}
