import AWS
import FoundationEssentials
import Ghosts
import Jobs
import Store

/// A job's hold on one ghost: it is taken before anything is done, and given back if nothing is.
struct GhostClaim: Sendable {
    let access: GhostAccess
    let context: JobContext
    let steps: ClaimSteps

    /// Takes the ghost: from here on, whoever would keep it is told that it is too late.
    ///
    /// - Parameter ghost: As it was looked at; if it was changed since, it cannot be had.
    /// - Returns: A report if the ghost cannot be had.
    /// - Throws: ``ScanAbort`` if it is switched off; what the database throws.
    func take(_ ghost: GhostRecord) async throws -> JobReport? {
        try steps.mayAct()
        switch try await access.ghosts.begin(
            ghost.id,
            by: context.job.id,
            version: ghost.version,
            perDay: access.settings.rules.perDay
        ) {
        case .begun: return nil
        case .notFlagged(let now):
            return TerminateGhostHandler.nothing(
                ghost.instanceID,
                "it is \(now.status.rawValue), changed meanwhile"
            )
        case .unknown: return TerminateGhostHandler.nothing(ghost.instanceID, "it is not known any more")
        case .switchedOff: throw ScanAbort(.switchedOff, "it was switched off")
        case .capReached:
            return TerminateGhostHandler.nothing(
                ghost.instanceID,
                "as many were terminated in 24 hours as may be (GHOST_TERMINATIONS_PER_DAY)"
            )
        }
    }

    /// Leaves a ghost alone, and says why.
    ///
    /// - Parameters:
    ///   - ghost: The ghost.
    ///   - doubt: A doubt of a machine or a disk, which share their words.
    /// - Returns: The job's report.
    /// - Throws: What the database throws; what ``ClaimSteps/mayAct()`` throws.
    func spare(_ ghost: GhostRecord, _ doubt: String) async throws -> JobReport {
        if !context.job.isDryRun {
            let (status, event): (GhostRecord.Status, GhostEvent.Kind?) =
                switch Doubt(rawValue: doubt) {
                case .keepTag: (.kept, .kept)
                case .notDue, .keepCall: (.flagged, nil)
                default: (.unflagged, .cleared)
                }
            try steps.mayAct()
            try await giveBack(ghost, as: status, doubt, event)
        }
        return TerminateGhostHandler.nothing(ghost.instanceID, doubt)
    }

    /// Gives a ghost back after an answer of AWS that says that nothing was done.
    ///
    /// - Returns: A report if it is gone.
    /// - Throws: `JobFailure`; `CancellationError`.
    func refused(_ ghost: GhostRecord, _ error: AWSError) async throws -> JobReport {
        if error.code == .cancelled { throw CancellationError() }
        if error.code == .notFound { return try await spare(ghost, Doubt.gone.rawValue) }
        let message = ReplacementLaunch.explained(error)
        if !error.isRetryable { try await giveBack(ghost, as: .flagged, message, .terminationFailed) }
        throw JobFailure(code: "aws_\(error.code.rawValue)", message: message, isRetryable: error.isRetryable)
    }

    /// Notes that it is gone, by us: once, however often this is said.
    ///
    /// - Parameters:
    ///   - ghost: The ghost.
    ///   - state: What AWS says that it is now.
    ///   - snapshot: The copy of a disk.
    ///   - detail: What people should know.
    /// - Returns: The job's report.
    /// - Throws: What the database throws; what ``ClaimSteps/mayAct()`` throws.
    func ended(
        _ ghost: GhostRecord,
        _ state: String,
        snapshot: String? = nil,
        detail: [String: JSONValue]
    ) async throws -> JobReport {
        try await steps.record(TerminationStep.ended, TerminationStep.End(state: state, at: Date()))
        var detail = detail
        detail["instance_id"] = .string(ghost.instanceID)
        detail["flagged_at"] = ghost.flaggedAt.map { .string($0.rfc3339) } ?? .null
        let isNew = try await access.ghosts.terminated(
            ghost.id,
            by: context.job.id,
            snapshot: snapshot,
            detail: try JSONValue.object(detail).serialized()
        )
        if isNew { access.metrics.terminated(ghost.kind) }
        return TerminateGhostHandler.done(try await access.ghosts.find(ghost.id) ?? ghost)
    }

    private func giveBack(
        _ ghost: GhostRecord,
        as status: GhostRecord.Status,
        _ reason: String,
        _ event: GhostEvent.Kind?
    ) async throws {
        try await access.ghosts.giveBack(
            ghost.id,
            by: context.job.id,
            as: status,
            reason: reason,
            event: event
        )
    }
}
