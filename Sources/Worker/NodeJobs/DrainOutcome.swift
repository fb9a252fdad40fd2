import Drain
import FoundationEssentials
import Jobs
import Store

/// What a drain's report is in a job's outcome.
struct DrainOutcome {
    /// So many obstacles are named in a message; all of them are in the metadata.
    private static let named = 10

    private let report: DrainReport

    init(_ report: DrainReport) {
        self.report = report
    }

    /// The report of a drain that did what it should.
    ///
    /// - Throws: `JobFailure` for one that did not.
    func result() throws -> JobReport {
        let result = JobReport(logs: logs, metadata: try metadata())
        switch report.outcome {
        case .drained, .nodeGone: return result
        case .refused:
            throw failure("drain_refused", "refused, and nothing was touched: \(obstacles)", result)
        case .rolledBack:
            throw failure("drain_rolled_back", "given up, and the node is as before: \(obstacles)", result)
        case .rollBackFailed:
            // The next run finds the node its own, and goes on.
            throw failure(
                "drain_roll_back_failed",
                "given up, but the node is still cordoned: \(obstacles)",
                result,
                isRetryable: true
            )
        case .incomplete, .tooLate:
            throw failure("drain_incomplete", "pods were left: \(obstacles)", result)
        }
    }

    private func failure(
        _ code: String,
        _ message: String,
        _ result: JobReport,
        isRetryable: Bool = false
    ) -> JobFailure {
        JobFailure(
            code: code,
            message: "drain of node \(report.node) \(message)",
            isRetryable: isRetryable,
            report: result
        )
    }

    private var obstacles: String {
        let texts = report.blockers.prefix(Self.named).map(\.description) + report.problems.prefix(Self.named)
        let more = report.blockers.count - Self.named
        return (texts + (more > 0 ? ["and \(more) more"] : [])).joined(separator: "; ")
    }

    private var logs: [String] {
        var logs = [
            "drain of node \(report.node): \(report.outcome.rawValue),"
                + " \(report.evicted.count) of \(report.pods.count) pods evicted"
        ]
        let reasons = Dictionary(grouping: report.pods.compactMap(\.reason)) { $0 }.mapValues(\.count)
        for (reason, count) in reasons.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            logs.append("\(count) left: \(reason.rawValue)")
        }
        logs += report.blockers.map(\.description)
        logs += report.lost.compactMap { pod in pod.message.map { "pod \(pod.pod): \($0)" } }
        if let left = report.attachedVolumes, !left.isEmpty {
            logs.append(
                "volumes that are still attached to the node: \(left.map(\.description).joined(separator: ", "))"
            )
        }
        if report.outcome == .drained {
            logs.append("the node stays cordoned and tainted until an uncordon-node")
        }
        return logs + report.problems.map { "warning: \($0)" }
    }

    private func metadata() throws -> JSONValue {
        guard var members = try JSONValue(shown: report).members else { return .object([:]) }
        members["node_name"] = members.removeValue(forKey: "node")
        members["evicted"] = .integer(Int64(report.evicted.count))
        members["seconds"] = .number(
            (report.finishedAt.timeIntervalSince(report.startedAt) * 1000).rounded() / 1000
        )
        return .object(members)
    }
}
