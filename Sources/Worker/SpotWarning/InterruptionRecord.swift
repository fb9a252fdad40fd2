import Drain
import FoundationEssentials
import Jobs
import Metrics
import Store

/// What was done about an interruption: for the job's outcome, and for its events.
struct InterruptionRecord: Sendable {
    let interruption: Interruption
    let job: UUID
    let records: SpotEventStore
    var node: InterruptedNode?
    var replacement: ReplacementOutcome?
    var replacementReadyAt: Date?
    var drain: DrainReport?
    var problems: [String] = []

    init(_ interruption: Interruption, job: UUID, records: SpotEventStore) {
        self.interruption = interruption
        self.job = job
        self.records = records
    }

    /// Ends it by what became of drain and replacement.
    ///
    /// - Throws: `JobFailure` if pods were lost or no replacement could be had; the database's errors.
    func close() async throws -> JobReport {
        measure()
        let lost = drain?.lost ?? []
        if !lost.isEmpty {
            let names = lost.prefix(5).map { "\($0.pod)" }.joined(separator: ", ")
            return try await fail("pods_lost", "\(lost.count) pods could not stop in time: \(names)")
        }
        if !problems.isEmpty { return try await fail("drain_failed", problems.joined(separator: "; ")) }
        if let drain, [.refused, .rolledBack, .rollBackFailed].contains(drain.outcome) {
            let reasons = drain.blockers.prefix(5).map(\.description).joined(separator: "; ")
            return try await fail("drain_\(drain.outcome.rawValue)", reasons)
        }
        if let replacement, replacement.result == .failed {
            return try await fail("replacement_failed", replacement.reason ?? "no replacement could be had")
        }
        return try await close(.handled, drain?.outcome.rawValue ?? "replaced", nil)
    }

    /// Ends it with a word of its own.
    func close(_ status: SpotEventRecord.Status, _ action: String, _ reason: String?) async throws
        -> JobReport
    {
        try await records.finish(eventsOf: job, try ending(status, action, reason))
        return try report(action, reason)
    }

    private func fail(_ code: String, _ message: String) async throws -> JobReport {
        try await records.finish(
            eventsOf: job,
            try ending(.failed, drain?.outcome.rawValue ?? "failed", message)
        )
        let report = try report(drain?.outcome.rawValue ?? "failed", message)
        throw JobFailure(code: code, message: message, isRetryable: false, report: report)
    }

    private func ending(
        _ status: SpotEventRecord.Status,
        _ action: String,
        _ reason: String?
    ) throws -> SpotEventResult {
        var ending = SpotEventResult(status, reason: reason, actionTaken: action)
        ending.clusterID = node?.clusterID
        ending.nodeName = node?.name
        ending.replacementInstanceID = replacement?.instanceID
        if let drain, let heldAt = drain.heldAt {
            ending.drainDurationSeconds = Int(drain.finishedAt.timeIntervalSince(heldAt).rounded())
        }
        ending.timings = try timings.serialized()
        if let drain { ending.pods = try JSONValue(shown: drain.pods).serialized() }
        return ending
    }

    /// Seconds from the event to each thing done, by AWS's clock and ours.
    private var timings: JSONValue {
        let times: [(String, Date?)] = [
            ("found", node?.foundAt), ("cordoned", drain?.heldAt),
            ("replacement_launched", replacement?.launchedAt),
            ("replacement_running", replacement?.runningAt), ("replacement_ready", replacementReadyAt),
            ("drained", drain?.finishedAt),
        ]
        var members: [String: JSONValue] = [:]
        for case (let name, let date?) in times {
            let seconds = date.timeIntervalSince(interruption.eventTime)
            members[name] = .number((seconds * 1000).rounded() / 1000)
        }
        return .object(members)
    }

    private func report(_ action: String, _ reason: String?) throws -> JobReport {
        var logs = ["\(interruption.instanceID): \(interruption.action.rawValue): \(action)"]
        if let reason { logs.append(reason) }
        if let node { logs.append("node \(node.name)") }
        if let drain {
            logs.append(
                "\(drain.evicted.count) evicted, \(drain.forced.count) forced, \(drain.lost.count) lost"
            )
            for pod in drain.forced {
                let budgets = pod.budgets.joined(separator: ", ")
                logs.append("forced \(pod.pod) in spite of PodDisruptionBudget \(budgets)")
            }
            if let left = drain.attachedVolumes, !left.isEmpty {
                logs.append("volumes still attached: \(left.map(\.description).joined(separator: ", "))")
            }
            logs += drain.problems
        }
        if let replacement {
            let machine = [
                replacement.instanceID, replacement.instanceType, replacement.zone, replacement.market,
            ]
            .compactMap(\.self).joined(separator: " ")
            logs.append(
                "replacement \(replacement.result.rawValue): \(machine)\(replacement.reason.map { " (\($0))" } ?? "")"
            )
        }
        return JobReport(
            logs: logs,
            metadata: .object([
                "action": .string(action),
                "instance_id": .string(interruption.instanceID),
                "node": node.map { .string($0.name) } ?? .null,
                "cluster_id": node.map { .string($0.clusterID.text) } ?? .null,
                "drain": try drain.map { try JSONValue(shown: $0) } ?? .null,
                "replacement": try replacement.map { try JSONValue(shown: $0) } ?? .null,
                "timings": timings,
                "problems": .array(problems.map(JSONValue.string)),
            ])
        )
    }

    private func measure() {
        guard let drain else { return }
        drain.measure()
        if let lostAt = interruption.lostAt {
            Recorder(label: "cloudoptim_spot_budget_left_seconds", aggregate: true)
                .record(lostAt.timeIntervalSince(drain.finishedAt))
        }
        Counter(label: "cloudoptim_pods_lost_total").increment(by: drain.lost.count)
    }
}
