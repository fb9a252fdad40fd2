import Ghosts
import Jobs
import Store

/// What a scan did, for its job's outcome.
struct ScanOutcome: Sendable {
    var machines: Int?
    var nodes: Int?
    var logs: [String] = []
    var actions: [(id: String, action: String, reason: String?)] = []
    /// Machines without a node that are no ghosts all the same, and why.
    var spared: [String: Doubt] = [:]

    init(machines: Int?, nodes: Int?) {
        self.machines = machines
        self.nodes = nodes
    }

    /// How many are ghosts now.
    var ghosts: Int { actions.count { ["detected", "seen", "flagged", "ready"].contains($0.action) } }

    mutating func note(_ id: String, _ action: String, _ reason: String? = nil) {
        actions.append((id, action, reason))
        logs.append("\(id): \(action)\(reason.map { " (\($0))" } ?? "")")
    }

    mutating func rehearse(_ actions: [GhostAction<some GhostSubject>]) {
        for action in actions {
            switch action {
            case .detect(let subject, _): note(subject.resourceID, "detected", "dry run")
            case .see(let sighting, _, _, let isNew):
                note(sighting.instanceID, isNew ? "flagged" : "seen", "dry run")
            case .ready(let sighting, _, _): note(sighting.instanceID, "ready", "dry run")
            case .keep(_, let subject, _): note(subject.resourceID, "kept", "dry run")
            case .clear(let sighting, let doubt): note(sighting.instanceID, "cleared", doubt.rawValue)
            }
        }
    }

    var report: JobReport {
        JobReport(
            logs: ["\(machines ?? 0) machines, \(nodes ?? 0) nodes, \(ghosts) ghosts"] + logs
                + spared.sorted { $0.key < $1.key }.map { "\($0.key): spared (\($0.value.rawValue))" },
            metadata: .object([
                "status": .string("done"),
                "machines": machines.map { .integer(Int64($0)) } ?? .null,
                "nodes": nodes.map { .integer(Int64($0)) } ?? .null,
                "ghosts_found": .integer(Int64(ghosts)),
                "spared": .object(spared.mapValues { .string($0.rawValue) }),
                "actions": .array(
                    actions.map { id, action, reason in
                        .object([
                            "instance_id": .string(id), "action": .string(action),
                            "reason": reason.map { .string($0) } ?? .null,
                        ])
                    }
                ),
            ])
        )
    }
}
