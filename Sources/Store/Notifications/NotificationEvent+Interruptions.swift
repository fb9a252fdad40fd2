import FoundationEssentials

/// What an interruption makes its customer hear.
extension NotificationEvent {
    /// Pods that are named; more are counted.
    private static let namedPods = 20

    /// AWS takes a machine, or may: told on receipt; nil if that is no news to anybody.
    static func received(_ event: NewSpotEvent, of customer: UUID, cluster: UUID?) -> NotificationEvent? {
        guard [.accepted, .late].contains(event.status),
            !["state_change", "terminated"].contains(event.eventType)
        else { return nil }
        var facts: [String: JSONValue] = [
            "event_type": .string(event.eventType),
            "instance_id": .string(event.instanceID),
            "event_time": .string(event.eventTime.rfc3339),
        ]
        facts["cluster_id"] = cluster.map { .string($0.text) }
        facts["region"] = event.region.map(JSONValue.string)
        facts["deadline"] = event.deadline.map { .string($0.rfc3339) }
        facts["reason"] = event.reason.map(JSONValue.string)
        return NotificationEvent(
            .interruptionReceived,
            customerID: customer,
            subject: "\(event.sourceEventID)|\(event.instanceID)",
            occurredAt: event.eventTime,
            facts: facts
        )
    }

    /// Another machine takes the place of an event's.
    static func launched(_ replacement: String, for event: SpotEventRecord) -> NotificationEvent? {
        guard let customer = event.customerID, let job = event.jobID else { return nil }
        var facts = Self.facts(of: event)
        facts["replacement_instance_id"] = .string(replacement)
        return NotificationEvent(
            .replacementLaunched,
            customerID: customer,
            subject: "\(job.text)|\(replacement)",
            occurredAt: Date(),
            facts: facts
        )
    }

    /// What came of an event, as the store holds it now.
    ///
    /// - Throws: ``JSONError`` if its pods are no JSON.
    static func finished(_ event: SpotEventRecord) throws -> [NotificationEvent] {
        guard let customer = event.customerID, let job = event.jobID else { return [] }
        let pods = Pods(try event.pods.map { try JSONValue(parsing: $0) } ?? .null)
        let base = facts(of: event)
        func made(_ kind: NotificationKind, _ more: [String: JSONValue]) -> NotificationEvent {
            NotificationEvent(
                kind,
                customerID: customer,
                subject: job.text,
                occurredAt: event.processedAt ?? Date(),
                facts: base.merging(more) { _, new in new }
            )
        }
        func named(_ names: [String]) -> [String: JSONValue] {
            [
                "count": .integer(Int64(names.count)),
                "pods": .array(names.prefix(namedPods).map(JSONValue.string)),
            ]
        }
        var events: [NotificationEvent] = []
        if event.actionTaken == "drained" {
            var more: [String: JSONValue] = ["evicted": .integer(Int64(pods.named("evicted").count))]
            more["seconds"] = event.drainDurationSeconds.map { .integer(Int64($0)) }
            more["replacement_instance_id"] = event.replacementInstanceID.map(JSONValue.string)
            events.append(made(.drainDone, more))
        }
        let (forced, lost) = (pods.named("forced"), pods.named("lost"))
        if !forced.isEmpty { events.append(made(.podsForced, named(forced))) }
        if !lost.isEmpty { events.append(made(.podsLost, named(lost))) }
        if event.status == .failed, lost.isEmpty {
            events.append(made(.interruptionFailed, ["reason": event.reason.map(JSONValue.string) ?? .null]))
        }
        return events
    }

    private static func facts(of event: SpotEventRecord) -> [String: JSONValue] {
        var facts: [String: JSONValue] = [
            "event_type": .string(event.eventType), "instance_id": .string(event.instanceID),
        ]
        facts["cluster_id"] = event.clusterID.map { .string($0.text) }
        facts["node"] = event.nodeName.map(JSONValue.string)
        facts["region"] = event.region.map(JSONValue.string)
        facts["job_id"] = event.jobID.map { .string($0.text) }
        return facts
    }

    /// The pods of an event, by what became of them.
    private struct Pods {
        private var names: [String: [String]] = [:]

        init(_ json: JSONValue) {
            guard case .array(let entries) = json else { return }
            for entry in entries {
                guard let members = entry.members, case .string(let outcome)? = members["outcome"],
                    let pod = members["pod"]?.members, case .string(let namespace)? = pod["namespace"],
                    case .string(let name)? = pod["name"]
                else { continue }
                names[outcome, default: []].append("\(namespace)/\(name)")
            }
        }

        func named(_ outcome: String) -> [String] { names[outcome] ?? [] }
    }
}
