import FoundationEssentials
import Store

/// What is read from the `detail` of an event, and what of it is kept.
enum EventDetail {
    /// Bytes of JSON that are kept.
    static let maximumBytes = 16 * 1024

    /// The kind of an event of a type, with what its detail says.
    static func kind(
        _ type: InterruptionType,
        _ detail: EventFields
    ) throws(UnreadableMessage) -> InterruptionEvent.Kind {
        switch type {
        case .interruptionWarning:
            let word = try detail.required("instance-action", atMost: 32)
            guard let action = InterruptionEvent.SpotAction(rawValue: word) else {
                throw detail.wrong("instance-action")
            }
            return .spotInterruption(action)
        case .rebalanceRecommendation: return .rebalance
        case .stateChange, .terminated:
            let word = try detail.required("state", atMost: 32)
            guard let state = InterruptionEvent.State(rawValue: word) else { throw detail.wrong("state") }
            return .stateChange(state)
        case .scheduledChange:
            // Without a time it is still worth knowing of.
            return .scheduledEvent(
                startsAt: try detail.text("startTime", atMost: 64).flatMap(EventTime.parse)
            )
        case .autoScalingTermination: return .autoScalingTermination
        case .capacityReservation: return .capacityReservation
        }
    }

    /// A detail about many machines without them, so that it is measured once and not for each.
    static func common(_ detail: EventFields) -> [String: JSONValue] {
        var members = detail.value.members ?? [:]
        members["affectedEntities"] = nil
        return bounded(.object(members)).members ?? [:]
    }

    /// What is left of it, with what is said of one machine.
    static func of(_ entity: EventFields, in common: [String: JSONValue]) -> JSONValue {
        var members = common
        members["affectedEntities"] = .array([bounded(entity.value)])
        return .object(members)
    }

    /// A detail that can be stored: without NUL, and without its longest members if it is too long.
    static func bounded(_ detail: JSONValue) -> JSONValue {
        var members = detail.withoutNUL.members ?? [:]
        var sizes = members.mapValues { (try? $0.serialized().count) ?? Int.max }
        // A number that JSON cannot hold counts as too long; none can have come out of JSON.
        for (name, size) in sizes where size == Int.max { drop(name, from: &members, &sizes) }
        var total = sizes.reduce(0) { $0 + $1.value + $1.key.utf8.count }
        for (name, size) in sizes.sorted(by: { ($0.value, $0.key) > ($1.value, $1.key) })
        where total > maximumBytes {
            total -= size + name.utf8.count
            drop(name, from: &members, &sizes)
        }
        return .object(members)
    }

    private static func drop(
        _ name: String,
        from members: inout [String: JSONValue],
        _ sizes: inout [String: Int]
    ) {
        members[name] = nil
        sizes[name] = nil
    }
}
