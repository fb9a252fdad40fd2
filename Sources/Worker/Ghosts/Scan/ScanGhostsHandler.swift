import AWS
import FoundationEssentials
import Ghosts
import Jobs
import Logging
import Store

/// `scan-ghosts`: looks which machines of a cluster are nobody's node, keeps what it sees, and has those terminated whose
/// grace is over.
///
/// Nothing outside is changed but the tag that says since when a machine is flagged.
struct ScanGhostsHandler: JobHandler {
    let access: GhostAccess

    func run(_ context: JobContext) async throws -> JobReport {
        do {
            let subject = try await access.open(context)
            let steps = try await ClaimSteps.load(access.steps, context)
            if !context.job.isDryRun {
                try await steps.begin()
                try await access.ghosts.closeThoseOfDeletedClusters(of: subject.customer.id)
            }
            var outcome = try await machines(subject, context, steps)
            if access.settings.includesDisks {
                let disks = try await disks(subject, context, steps)
                outcome.logs += disks.logs
                outcome.actions += disks.actions
            }
            if !context.job.isDryRun { access.metrics.scanned() }
            return outcome.report
        } catch let abort as ScanAbort {
            if abort.reason == .switchedOff {
                return JobReport(
                    logs: ["nothing was scanned: \(abort.detail)"],
                    metadata: .object(["status": .string("off"), "reason": .string(abort.reason.rawValue)])
                )
            }
            if !context.job.isDryRun {
                access.metrics.scanned(abort.reason)
                try await record(abort, context)
            }
            context.logger.warning(
                "a scan decided nothing",
                metadata: ["reason": "\(abort.reason.rawValue)", "detail": "\(abort.detail)"]
            )
            throw abort.failure
        }
    }

    private func record(_ abort: ScanAbort, _ context: JobContext) async throws {
        guard let cluster = context.job.clusterID,
            let known = try await access.clusters.clusters.find(cluster)
        else { return }
        try await access.ghosts.record(
            GhostScanRecord(
                jobID: context.job.id,
                customerID: known.customerID,
                clusterID: cluster,
                abortReason: abort.reason.rawValue,
                detail: abort.detail,
                needsPerson: abort.needsPerson
            )
        )
    }

    // MARK: - Machines

    private func machines(
        _ subject: GhostAccess.Subject,
        _ context: JobContext,
        _ steps: ClaimSteps
    ) async throws -> ScanOutcome {
        let scan = GhostScan(
            of: subject.scanned,
            rules: access.settings.rules,
            at: try await access.ghosts.now()
        )
        let orphans = try await subject.survey.orphans(scan)
        let knowledge = try await subject.survey.knowledge(scan, about: orphans)
        if !context.job.isDryRun {
            try await access.ghosts.freeAbandoned(
                in: subject.cluster.id,
                kind: .instance,
                present: orphans.presentIDs
            )
        }
        let known = try await access.ghosts.open(in: subject.cluster.id, kind: .instance)
        let actions = try scan.decide(orphans, knowledge, known: try known.map { try $0.sighting() })
        var outcome = ScanOutcome(machines: orphans.owned, nodes: orphans.nodeCount)
        outcome.spared = scan.spared(orphans, knowledge)
        guard !context.job.isDryRun else {
            outcome.rehearse(actions)
            return outcome
        }
        try steps.mayAct()
        let keeper = ScanKeeper(access: access, subject: subject, job: context.job.id, rules: scan.rules)
        try await keeper.keep(actions, known: known, &outcome)
        try await keeper.tag(orphans.all, &outcome)
        return outcome
    }

    // MARK: - Disks

    private func disks(
        _ subject: GhostAccess.Subject,
        _ context: JobContext,
        _ steps: ClaimSteps
    ) async throws -> ScanOutcome {
        let scan = DiskScan(
            of: subject.scanned,
            rules: access.settings.diskRules,
            at: try await access.ghosts.now()
        )
        let survey = DiskSurvey(survey: subject.survey)
        var outcome = ScanOutcome(machines: nil, nodes: nil)
        let disks = try await survey.disks()
        do {
            // Where there is no disk, no cluster needs to be asked.
            guard disks.items.contains(where: { $0.state == "available" }) else { return outcome }
            let views = try await survey.views()
            if !context.job.isDryRun {
                try await access.ghosts.freeAbandoned(
                    in: subject.cluster.id,
                    kind: .volume,
                    present: disks.items.map(\.id)
                )
            }
            let known = try await access.ghosts.open(in: subject.cluster.id, kind: .volume)
            let actions = try scan.decide(disks, views, known: try known.map { try $0.sighting() })
            guard !context.job.isDryRun else {
                outcome.rehearse(actions)
                return outcome
            }
            try steps.mayAct()
            let keeper = ScanKeeper(access: access, subject: subject, job: context.job.id, rules: scan.rules)
            try await keeper.keep(actions, known: known, &outcome)
        } catch let abort as ScanAbort {
            // What was seen of machines stands.
            outcome.logs.append("no disk was looked at: \(abort)")
        }
        return outcome
    }
}
