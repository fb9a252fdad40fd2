import FoundationEssentials

/// What a customer hears when we cannot sign in.
extension NotificationEvent {
    /// A cluster refuses our token.
    static func credentialRefused(
        cluster: UUID,
        name: String,
        of customer: UUID,
        reason: String,
        at date: Date
    ) -> NotificationEvent {
        NotificationEvent(
            .credentialRefused,
            customerID: customer,
            subject: "\(cluster.text)|\(date.millisecondsSince1970)",
            occurredAt: date,
            facts: [
                "cluster_id": .string(cluster.text), "cluster_name": .string(name), "reason": .string(reason),
            ]
        )
    }

    /// A queue cannot be read: told once for each time that this begins.
    static func queueUnreadable(
        _ url: String?,
        of customer: UUID,
        code: String?,
        problem: String,
        since date: Date
    ) -> NotificationEvent {
        var facts: [String: JSONValue] = ["problem": .string(problem), "since": .string(date.rfc3339)]
        facts["queue_url"] = url.map(JSONValue.string)
        facts["problem_code"] = code.map(JSONValue.string)
        return NotificationEvent(
            .queueUnreadable,
            customerID: customer,
            subject: "\(url ?? "")|\(date.millisecondsSince1970)",
            occurredAt: date,
            facts: facts
        )
    }
}
