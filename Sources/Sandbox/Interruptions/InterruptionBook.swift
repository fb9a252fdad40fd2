/// The interruptions of a cluster's machines, and what happens to each.
struct InterruptionBook: Sendable {
    /// So many are kept; the oldest go first.
    static let limit = 200

    private var records: [String: InterruptionRecord] = [:]
    private var order: [String] = []
    /// The latest of each node and machine.
    private var byNode: [String: String] = [:]
    private var byMachine: [String: String] = [:]

    /// Newest first.
    var all: [InterruptionRecord] { order.reversed().compactMap { records[$0] } }

    func record(_ id: String) -> InterruptionRecord? { records[id] }

    /// Whether a machine was announced to be taken.
    func isAnnounced(_ machine: String) -> Bool { byMachine[machine] != nil }

    mutating func open(_ record: InterruptionRecord) {
        records[record.id] = record
        order.append(record.id)
        byNode[record.machine.privateName] = record.id
        byMachine[record.machine.id] = record.id
        records[record.id]?.add("warned", at: record.warnedAt)
        guard order.count > Self.limit, let old = records.removeValue(forKey: order.removeFirst()) else {
            return
        }
        if byNode[old.machine.privateName] == old.id { byNode[old.machine.privateName] = nil }
        if byMachine[old.machine.id] == old.id { byMachine[old.machine.id] = nil }
    }

    /// The interruption that makes a pod go elsewhere.
    func reason(of pod: PodModel) -> String? {
        pod.isDaemon ? nil : pod.nodeName.flatMap { byNode[$0] }
    }

    mutating func note(_ what: String, node: String, at time: Double) {
        guard let id = byNode[node] else { return }
        records[id]?.add(what, at: time)
    }

    mutating func note(_ what: String, pod: PodModel, at time: Double, _ details: [(String, JSON)]) {
        guard let id = reason(of: pod) else { return }
        records[id]?.add(what, at: time, [("pod", .string(pod.key))] + details)
        if what == "pod_terminated" { records[id]?.terminated(pod) }
    }

    /// A pod that came in the place of one that had to go.
    mutating func podRuns(_ pod: PodModel, at time: Double) {
        guard let id = pod.movedBy else { return }
        records[id]?.add(
            "pod_running",
            at: time,
            [("pod", .string(pod.key)), ("node", .string(pod.nodeName ?? ""))]
        )
    }

    /// A machine was launched.
    ///
    /// - Returns: The interruption that it is the answer to, by its tag.
    mutating func launched(_ machine: Machine, at time: Double) -> String? {
        guard let replaced = machine.tags["cloudoptim.io/replaces"], let id = byMachine[replaced] else {
            return nil
        }
        records[id]?.replacement = machine
        records[id]?.add(
            "replacement_requested",
            at: time,
            [
                ("instance_id", .string(machine.id)), ("instance_type", .string(machine.type.name)),
                ("zone", .string(machine.zone)),
            ]
        )
        return id
    }

    mutating func note(_ what: String, replacement machine: Machine, at time: Double) {
        guard let id = machine.replaces else { return }
        if what == "replacement_joined" { records[id]?.replacementJoinedAt = time }
        records[id]?.add(what, at: time, [("instance_id", .string(machine.id))])
    }

    mutating func taken(_ id: String, lost: [PodModel], at time: Double) {
        records[id]?.taken(lost: lost, at: time)
    }
}
