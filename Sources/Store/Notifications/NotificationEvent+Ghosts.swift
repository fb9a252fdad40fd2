public import FoundationEssentials

/// What a customer hears of machines and disks that serve nobody.
extension NotificationEvent {
    /// What becomes of a ghost.
    public enum GhostNews: Sendable, Equatable {
        /// It is terminated at a time, if nobody says otherwise.
        case flagged(dueAt: Date?)
        /// It serves somebody, or is gone; nothing is done.
        case cleared
        /// It is left alone, because somebody said so: `tag`, or who.
        case kept(by: String)
        /// It is gone, by us.
        case terminated
    }

    /// What a customer hears of what a scan or a termination told; nil if it is nothing to him.
    static func ghost(_ kind: GhostEvent.Kind, of ghost: GhostRecord) -> NotificationEvent? {
        let news: GhostNews
        switch kind {
        case .flagged: news = .flagged(dueAt: ghost.dueAt)
        case .cleared: news = .cleared
        case .kept: news = .kept(by: ghost.keptBy ?? GhostRecord.keptByTag)
        case .terminated: news = .terminated
        case .unkept, .waived, .terminationFailed, .scanAborted, .capReached, .switched: return nil
        }
        return Self.ghost(
            news,
            ghost: ghost.id,
            version: ghost.version,
            customer: ghost.customerID,
            cluster: ghost.clusterID,
            resource: ghost.instanceID,
            kind: ghost.kind,
            region: ghost.region,
            hourlyPrice: ghost.hourlyPrice,
            reason: ghost.reason
        )
    }

    /// Makes the event of a ghost.
    ///
    /// - Parameters:
    ///   - news: What became of it.
    ///   - ghost: Its id in the store.
    ///   - version: Of its row after the change: told again for the same version, it is told once.
    ///   - customer: Whose it is.
    ///   - cluster: The cluster that its tags name.
    ///   - resource: The id of the machine or the disk.
    ///   - resourceKind: Which of both it is.
    ///   - region: Where.
    ///   - hourlyPrice: What it costs in USD an hour, decimal.
    ///   - reason: Why.
    ///   - date: When.
    /// - Returns: The event.
    public static func ghost(
        _ news: GhostNews,
        ghost: UUID,
        version: Int64,
        customer: UUID,
        cluster: UUID?,
        resource: String,
        kind resourceKind: GhostRecord.Kind = .instance,
        region: String?,
        hourlyPrice: String? = nil,
        reason: String? = nil,
        at date: Date = Date()
    ) -> NotificationEvent {
        var facts: [String: JSONValue] = [
            "ghost_id": .string(ghost.text), "resource_id": .string(resource),
            "resource_kind": .string(resourceKind.rawValue),
        ]
        facts["usd_per_hour"] = hourlyPrice.map(JSONValue.string)
        facts["cluster_id"] = cluster.map { .string($0.text) }
        facts["region"] = region.map(JSONValue.string)
        facts["reason"] = reason.map(JSONValue.string)
        let kind: NotificationKind
        switch news {
        case .flagged(let dueAt):
            kind = .ghostFlagged
            facts["due_at"] = dueAt.map { .string($0.rfc3339) }
        case .cleared: kind = .ghostCleared
        case .kept(let name):
            kind = .ghostKept
            facts["kept_by"] = .string(name)
        case .terminated: kind = .ghostTerminated
        }
        return NotificationEvent(
            kind,
            customerID: customer,
            subject: "\(ghost.text)|\(version)",
            occurredAt: date,
            facts: facts
        )
    }
}
