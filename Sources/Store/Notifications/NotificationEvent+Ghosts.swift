public import FoundationEssentials

/// What a customer hears of machines and disks that serve nobody.
extension NotificationEvent {
    /// What a customer hears of what a scan or a termination told; nil if it is nothing to him.
    ///
    /// - Parameters:
    ///   - kind: What became of the ghost.
    ///   - ghost: The ghost after the change: told again for the same version, it is told once.
    ///   - date: When.
    /// - Returns: The event.
    public static func ghost(
        _ kind: GhostEvent.Kind,
        of ghost: GhostRecord,
        at date: Date = Date()
    ) -> NotificationEvent? {
        var facts: [String: JSONValue] = [
            "ghost_id": .string(ghost.id.text), "cluster_id": .string(ghost.clusterID.text),
            "resource_id": .string(ghost.instanceID), "resource_kind": .string(ghost.kind.rawValue),
            "region": .string(ghost.region),
        ]
        facts["resource_type"] = ghost.instanceType.map(JSONValue.string)
        facts["usd_per_hour"] = ghost.hourlyPrice.map(JSONValue.string)
        facts["reason"] = ghost.reason.map(JSONValue.string)
        var subject = "\(ghost.id.text)|\(ghost.version)"
        let told: NotificationKind
        switch kind {
        case .flagged:
            told = .ghostFlagged
            facts["due_at"] = ghost.dueAt.map { .string($0.rfc3339) }
        case .cleared: told = .ghostCleared
        case .kept:
            told = .ghostKept
            facts["kept_by"] = .string(ghost.keptBy ?? GhostRecord.keptByTag)
        case .terminated:
            told = .ghostTerminated
            facts["snapshot_id"] = ghost.snapshotID.map(JSONValue.string)
        case .terminationFailed:
            told = .ghostNotTerminated
            // Each scan has it tried again: the same refusal is no news.
            subject = "\(ghost.id.text)|\(ghost.reason ?? "")"
        case .unkept, .waived, .scanAborted, .capReached, .switched: return nil
        }
        return NotificationEvent(
            told,
            customerID: ghost.customerID,
            subject: subject,
            occurredAt: date,
            facts: facts
        )
    }

    /// What a customer hears of a scan that decided nothing: once for each reason since the last one that did.
    static func stopped(_ scan: GhostScanRecord, lastDoneAt: Date?) -> NotificationEvent {
        var facts: [String: JSONValue] = ["cluster_id": .string(scan.clusterID.text)]
        facts["reason"] = scan.abortReason.map(JSONValue.string)
        facts["detail"] = scan.detail.map(JSONValue.string)
        facts["last_done_at"] = lastDoneAt.map { .string($0.rfc3339) }
        let since = lastDoneAt.map { "\($0.millisecondsSince1970)" } ?? "never"
        return NotificationEvent(
            .ghostScanStopped,
            customerID: scan.customerID,
            subject: "\(scan.clusterID.text)|\(since)|\(scan.abortReason ?? "")",
            occurredAt: scan.scannedAt,
            facts: facts
        )
    }
}
