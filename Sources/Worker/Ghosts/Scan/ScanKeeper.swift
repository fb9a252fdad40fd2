import AWS
import FoundationEssentials
import Ghosts
import Jobs
import Store

/// Keeps what a scan decided: all of it, with the jobs that follow from it, or nothing.
struct ScanKeeper: Sendable {
    let access: GhostAccess
    let subject: GhostAccess.Subject
    let job: UUID
    let rules: GhostRules

    /// What is to be written about one machine or disk.
    private enum Entry {
        case new(GhostRecord)
        case change(GhostRecord, GhostEvent.Kind?, action: String)
        case ready(GhostRecord)
    }

    func keep<Subject: KeptSubject>(
        _ actions: [GhostAction<Subject>],
        known: [GhostRecord],
        _ outcome: inout ScanOutcome
    ) async throws {
        let records = Dictionary(known.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var entries: [Entry] = []
        for action in actions {
            switch action {
            case .detect(let found, let clock): entries.append(.new(try new(found, clock, .detected)))
            case .keep(nil, let found, let clock):
                var ghost = try new(found, clock, .kept)
                ghost.keptAt = clock.firstSeenAt
                ghost.keptBy = GhostRecord.keptByTag
                entries.append(.new(ghost))
            case .keep(let sighting?, let found, let clock):
                guard var ghost = records[sighting.id] else { continue }
                try found.describe(&ghost)
                keepByTag(&ghost, clock)
                entries.append(.change(ghost, .kept, action: "kept"))
            case .see(let sighting, let found, let clock, let isNew):
                guard var ghost = records[sighting.id] else { continue }
                try found.describe(&ghost)
                ghost.hourlyPrice = found.price(access, in: subject.cluster.region)
                entries.append(seen(ghost, clock, isNew))
            case .ready(let sighting, let found, let clock):
                guard var ghost = records[sighting.id] else { continue }
                try found.describe(&ghost)
                ghost.take(clock, rules)
                entries.append(.ready(ghost))
            case .clear(let sighting, let doubt):
                guard let ghost = records[sighting.id] else { continue }
                entries.append(cleared(ghost, doubt.rawValue))
            }
        }
        let before = outcome.actions.count
        try await write(entries, &outcome, isMachines: Subject.kind == .instance)
        access.metrics.flagged(
            outcome.actions.dropFirst(before).count { $0.action == "flagged" },
            Subject.kind
        )
    }

    private func new(_ found: some KeptSubject, _ clock: AbsenceClock, _ status: GhostRecord.Status) throws
        -> GhostRecord
    {
        var ghost = GhostRecord(
            kind: type(of: found).kind,
            customerID: subject.customer.id,
            clusterID: subject.cluster.id,
            instanceID: found.resourceID,
            region: subject.cluster.region,
            tags: [],
            status: status,
            seenAt: clock.firstSeenAt
        )
        try found.describe(&ghost)
        ghost.hourlyPrice = found.price(access, in: subject.cluster.region)
        return ghost
    }

    private func keepByTag(_ ghost: inout GhostRecord, _ clock: AbsenceClock) {
        ghost.take(clock, rules)
        ghost.status = .kept
        ghost.keptAt = clock.lastSeenAt
        ghost.keptBy = GhostRecord.keptByTag
        ghost.waivedBy = nil
    }

    private func seen(_ ghost: GhostRecord, _ clock: AbsenceClock, _ isNew: Bool) -> Entry {
        var ghost = ghost
        ghost.take(clock, rules)
        ghost.status = clock.flaggedAt == nil ? .detected : .flagged
        ghost.keptAt = nil
        ghost.keptBy = nil
        return .change(ghost, isNew ? .flagged : nil, action: isNew ? "flagged" : "seen")
    }

    private func cleared(_ ghost: GhostRecord, _ reason: String) -> Entry {
        // People heard of it only if it was flagged, or kept.
        let isTold = ghost.status == .flagged || ghost.status == .kept
        var ghost = ghost
        ghost.status = .unflagged
        ghost.reason = reason
        ghost.unflaggedAt = Date()
        return .change(ghost, isTold ? .cleared : nil, action: "cleared")
    }

    private func write(
        _ entries: [Entry],
        _ outcome: inout ScanOutcome,
        isMachines: Bool
    ) async throws {
        let now = try await access.ghosts.now()
        let plain = outcome
        // The body may run twice: each time on what was before.
        outcome = try await access.queue.transaction { transaction in
            var outcome = plain
            var ready: [GhostRecord] = []
            for entry in entries {
                switch entry {
                case .new(let ghost):
                    guard try await access.ghosts.insert(ghost, in: transaction.store) else {
                        outcome.note(ghost.instanceID, "skipped", "it is known by now")
                        continue
                    }
                    if ghost.status == .kept {
                        try await access.ghosts.tell(.kept, of: ghost, job: job, in: transaction.store)
                    }
                    outcome.note(ghost.instanceID, ghost.status.rawValue)
                case .change(let ghost, let event, let action):
                    guard try await access.ghosts.update(ghost, in: transaction.store) else {
                        outcome.note(ghost.instanceID, "skipped", "it was changed meanwhile")
                        continue
                    }
                    if let event {
                        try await access.ghosts.tell(
                            event,
                            of: ghost,
                            job: job,
                            detail: try detail(ghost),
                            in: transaction.store
                        )
                    }
                    outcome.note(ghost.instanceID, action, action == "cleared" ? ghost.reason : nil)
                case .ready(let ghost):
                    guard try await access.ghosts.update(ghost, in: transaction.store) else {
                        outcome.note(ghost.instanceID, "skipped", "it was changed meanwhile")
                        continue
                    }
                    if ready.count < rules.perRun {
                        ready.append(ghost)
                        outcome.note(ghost.instanceID, "ready")
                    } else {
                        outcome.note(ghost.instanceID, "postponed", "\(rules.perRun) in one run are enough")
                    }
                }
            }
            _ = try await transaction.submit(ready.map(submission), at: now)
            if isMachines {
                try await access.ghosts.record(
                    GhostScanRecord(
                        jobID: job,
                        customerID: subject.customer.id,
                        clusterID: subject.cluster.id,
                        machines: outcome.machines,
                        nodes: outcome.nodes,
                        ghosts: outcome.ghosts
                    ),
                    in: transaction.store
                )
            }
            return outcome
        }
    }

    private func submission(_ ghost: GhostRecord) -> JobSubmission {
        var submission = JobSubmission(
            type: JobType.terminateGhost.rawValue,
            clusterID: ghost.clusterID,
            customerID: ghost.customerID,
            submittedBy: "job \(job.text)"
        )
        submission.parameters = ["instance_id": .string(ghost.instanceID)]
        // The copy of a large disk takes hours.
        if ghost.kind == .volume { submission.deadline = Date().addingTimeInterval(86_400) }
        return submission
    }

    /// What people should know of a ghost: what it is, when it ends, and how to keep it.
    private func detail(_ ghost: GhostRecord) throws -> [UInt8] {
        try JSONValue.object([
            "instance_id": .string(ghost.instanceID),
            "kind": .string(ghost.kind.rawValue),
            "reason": ghost.reason.map { .string($0) } ?? .null,
            "due_at": ghost.dueAt.map { .string($0.rfc3339) } ?? .null,
            "usd_per_hour": ghost.hourlyPrice.map { .string($0) } ?? .null,
            "keep_tag": .string(KnownTags.keep),
            "keep_call": .string("POST /api/v1/scanner/ghosts/\(ghost.id.text)/keep"),
        ]).serialized()
    }

    // MARK: - The tag

    /// Says on flagged machines since when they are, and on others nothing.
    ///
    /// A tag that cannot be written is a problem that people see, and nothing more: the next scan tries again.
    /// - Parameters:
    ///   - machines: All of the cluster, nodes too: one that was flagged may have become one.
    ///   - outcome: For what goes wrong.
    /// - Throws: `CancellationError`; what the database throws.
    func tag(_ machines: [Machine], _ outcome: inout ScanOutcome) async throws {
        let open = try await access.ghosts.open(in: subject.cluster.id, kind: .instance)
        let flagged = Dictionary(
            open.compactMap { ghost in ghost.flaggedAt.map { (ghost.instanceID, (ghost, $0)) } },
            uniquingKeysWith: { first, _ in first }
        )
        for machine in machines {
            do {
                switch (flagged[machine.id], machine.tags[KnownTags.ghostSince]) {
                case (let (ghost, since)?, let tag) where ghost.status == .flagged && tag != since.rfc3339:
                    try await subject.aws.ec2.createTags(
                        [AWSTag(KnownTags.ghostSince, since.rfc3339)],
                        on: [machine.id]
                    )
                case (nil, .some):
                    try await subject.aws.ec2.deleteTags([KnownTags.ghostSince], on: [machine.id])
                default: break
                }
            } catch {
                if error.code == .cancelled { throw CancellationError() }
                let problem = "its tag could not be written: \(ReplacementLaunch.explained(error))"
                outcome.logs.append("\(machine.id): \(problem)")
                if let (ghost, _) = flagged[machine.id] {
                    try await access.ghosts.note(problem, with: ghost.id)
                }
            }
        }
    }
}
