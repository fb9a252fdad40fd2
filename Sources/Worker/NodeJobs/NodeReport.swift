import Drain
import Jobs
import Kubernetes
import Store

/// What a job says of a node that it cordons or uncordons.
struct NodeReport {
    private let before: Node
    private let wants: Bool
    /// The job that is over and whose hold on the node was or would be ended.
    var endedHold: String?

    /// - Parameters:
    ///   - before: As it was found.
    ///   - wants: Whether it shall be cordoned.
    init(_ before: Node, wants: Bool) {
        self.before = before
        self.wants = wants
    }

    private var wasCordoned: Bool { before.spec.unschedulable == true }
    private var hasToChange: Bool { wasCordoned != wants || endedHold != nil }
    private var word: String { wants ? "cordoned" : "schedulable" }

    /// What would be done.
    func dryRun() -> JobReport {
        let log =
            hasToChange
            ? "node \(before.metadata.name) would be made \(word)" : "node \(before.metadata.name) is \(word)"
        return report(
            log,
            ["dry_run": .bool(true), "cordoned": .bool(wasCordoned), "would_change": .bool(hasToChange)]
        )
    }

    /// What was done.
    func done(_ after: Node) -> JobReport {
        let isChanged = after.metadata.resourceVersion != before.metadata.resourceVersion && hasToChange
        let log =
            isChanged
            ? "node \(before.metadata.name) is now \(word)"
            : "node \(before.metadata.name) was \(word) before"
        return report(
            log,
            ["cordoned": .bool(after.spec.unschedulable == true), "changed": .bool(isChanged)]
        )
    }

    private func report(_ log: String, _ more: [String: JSONValue]) -> JobReport {
        var logs = [log]
        if let endedHold { logs.append("the hold of job \(endedHold), which is over, ends") }
        let own: [String: JSONValue] = [
            "node_name": .string(before.metadata.name), "node_uid": .string(before.metadata.uid),
            "was_cordoned": .bool(wasCordoned),
            "ended_hold_of": endedHold.map(JSONValue.string) ?? .null,
        ]
        return JobReport(logs: logs, metadata: .object(own.merging(more) { $1 }))
    }
}
