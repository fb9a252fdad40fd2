import AWS
import FoundationEssentials
import Ghosts
import Jobs
import Logging
import Store

/// The deletion of one disk, in stored steps: not before a copy of it is complete.
struct DiskDeletion: Sendable {
    private static let volumeTag = "cloudoptim.io/zombie-volume"

    let access: GhostAccess
    let subject: GhostAccess.Subject
    let context: JobContext
    let steps: ClaimSteps
    let look: Duration

    private var claim: GhostClaim { GhostClaim(access: access, context: context, steps: steps) }

    func run(_ ghost: GhostRecord) async throws -> JobReport {
        guard access.settings.includesDisks else {
            return TerminateGhostHandler.nothing(ghost.instanceID, "ZOMBIE_VOLUME_CLEANUP_ENABLED is false")
        }
        if try steps.read(TerminationStep.acting, as: TerminationStep.Act.self) == nil {
            let first = try await verdict(on: ghost)
            if case .spare(let doubt) = first.verdict { return try await claim.spare(ghost, doubt.rawValue) }
            if context.job.isDryRun {
                return TerminateGhostHandler.nothing(
                    ghost.instanceID,
                    "dry run: it would be copied and deleted"
                )
            }
            try await steps.record(
                TerminationStep.looked,
                TerminationStep.Subject(ghost: ghost.id, instance: ghost.instanceID, group: nil)
            )
            if let report = try await claim.take(first.ghost) { return report }
            try await steps.record(TerminationStep.taken, ["ghost": ghost.id.text])
            do {
                try await subject.aws.ec2.dryRun(.deleteVolume(ghost.instanceID))
                try await steps.record(TerminationStep.tried, ["ghost": ghost.id.text])
                try await copy(ghost)
            } catch let error as AWSError {
                return try await claim.refused(ghost, error)
            }
            if case .spare(let doubt) = try await verdict(on: ghost).verdict {
                return try await claim.spare(ghost, doubt.rawValue)
            }
            if try await access.ghosts.isOff(for: subject.customer.id) {
                throw ScanAbort(.switchedOff, "it was switched off")
            }
            try await steps.record(TerminationStep.acting, TerminationStep.Act(group: nil, at: Date()))
        } else if try await isThere(ghost.instanceID) {
            // Who was about to delete it may have died an hour ago, and somebody refer to it since.
            if case .spare(let doubt) = try await verdict(on: ghost).verdict {
                return try await claim.spare(ghost, doubt.rawValue)
            }
        }
        return try await delete(ghost)
    }

    // MARK: - Looking

    private func verdict(on ghost: GhostRecord) async throws -> (
        verdict: DiskScan.Verdict, ghost: GhostRecord
    ) {
        let scan = DiskScan(
            of: subject.scanned,
            rules: access.settings.diskRules,
            at: try await access.ghosts.now()
        )
        let survey = DiskSurvey(survey: subject.survey)
        let disks = try await survey.disks()
        let views = try await survey.views()
        let known = try await access.ghosts.open(in: subject.cluster.id, kind: .volume)
        guard let current = known.first(where: { $0.id == ghost.id }) else { return (.spare(.gone), ghost) }
        let verdict = try scan.verdict(
            on: try current.sighting(),
            disks,
            views,
            known: try known.map { try $0.sighting() }
        )
        return (verdict, current)
    }

    // MARK: - Acting

    /// Copies the disk, once: a copy that was begun and not recorded is found by its tag.
    private func copy(_ ghost: GhostRecord) async throws {
        if try steps.read(TerminationStep.copied, as: TerminationStep.Copy.self) != nil { return }
        let filters: [EC2.Filter] = [
            .init("volume-id", [ghost.instanceID]), .tag(ReplacementLaunch.jobTag, context.job.id.text),
        ]
        var known = try await subject.aws.ec2.snapshots(filters: filters).collect().first {
            $0.state != "error"
        }
        if known == nil {
            if let begun: TerminationStep.Act = try steps.read(TerminationStep.copying) {
                // Its list may be late; a second copy costs a little, and does no harm.
                try await Task.sleep(for: .seconds(max(0, 5 - Date().timeIntervalSince(begun.at))))
                known = try await subject.aws.ec2.snapshots(filters: filters).collect().first
            }
        }
        if known == nil {
            try await steps.record(TerminationStep.copying, TerminationStep.Act(group: nil, at: Date()))
            try steps.mayAct()
            known = try await subject.aws.ec2.createSnapshot(
                EC2.CreateSnapshot(
                    volumeID: ghost.instanceID,
                    description:
                        "CloudOptim: before the deletion of \(ghost.instanceID), which nothing referred to",
                    tags: [
                        AWSTag(ReplacementLaunch.jobTag, context.job.id.text),
                        AWSTag(Self.volumeTag, ghost.instanceID),
                    ]
                )
            )
        }
        guard let id = known?.id else { return }
        while true {
            let snapshot = try await subject.aws.ec2.snapshots(ids: [id]).collect().first
            if snapshot?.state == "completed" { break }
            if snapshot?.state == "error" { throw AWSError(.rejected, "the copy \(id) failed") }
            guard ContinuousClock.now + look < subject.limit else {
                throw JobFailure(
                    code: "copy_pending",
                    message: "the copy \(id) is not complete",
                    isRetryable: true
                )
            }
            try await Task.sleep(for: look)
        }
        try await steps.record(TerminationStep.copied, TerminationStep.Copy(snapshot: id, at: Date()))
    }

    /// Deletes it, however often that takes: a disk that is gone cannot be deleted again.
    private func delete(_ ghost: GhostRecord) async throws -> JobReport {
        guard let copy: TerminationStep.Copy = try steps.read(TerminationStep.copied) else {
            throw JobFailure(code: "no_copy", message: "there is no copy of the disk", isRetryable: false)
        }
        try steps.mayAct()
        do {
            try await subject.aws.ec2.deleteVolume(ghost.instanceID)
        } catch {
            guard error.code == .notFound else { return try await claim.refused(ghost, error) }
        }
        while try await isThere(ghost.instanceID) {
            guard ContinuousClock.now + look < subject.limit else {
                throw JobFailure(
                    code: "deletion_pending",
                    message: "the disk is still there",
                    isRetryable: true
                )
            }
            try await Task.sleep(for: look)
        }
        return try await claim.ended(
            ghost,
            "deleted",
            snapshot: copy.snapshot,
            detail: ["snapshot_id": .string(copy.snapshot)]
        )
    }

    private func isThere(_ id: String) async throws -> Bool {
        do {
            let volume = try await subject.aws.ec2.volumes(ids: [id]).collect().first
            return volume.map { !["deleting", "deleted"].contains($0.state) } ?? false
        } catch {
            if error.code == .cancelled { throw CancellationError() }
            if error.code == .notFound { return false }
            guard error.isRetryable else {
                throw JobFailure(
                    code: "aws_\(error.code.rawValue)",
                    message: ReplacementLaunch.explained(error),
                    isRetryable: true
                )
            }
            return true
        }
    }
}
