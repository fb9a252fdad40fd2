import Ghosts
import Metrics
import Store

/// What is counted of ghosts, by what they are and how scans ended.
struct GhostMetrics: Sendable {
    private static let scans = "cloudoptim_ghost_scans_total"
    private static let flagged = "cloudoptim_ghosts_flagged_total"
    private static let terminated = "cloudoptim_ghosts_terminated_total"

    /// Shows what has not happened yet as 0, so that its first time is an increase.
    init() {
        for result in ["done"] + ScanAbort.Reason.allCases.map(\.rawValue) {
            Counter(label: Self.scans, dimensions: [("result", result)]).increment(by: 0)
        }
        for kind in GhostRecord.Kind.allCases {
            Counter(label: Self.flagged, dimensions: [("kind", kind.rawValue)]).increment(by: 0)
            Counter(label: Self.terminated, dimensions: [("kind", kind.rawValue)]).increment(by: 0)
        }
    }

    /// Counts a scan that decided, or why it did not.
    func scanned(_ abort: ScanAbort.Reason? = nil) {
        Counter(label: Self.scans, dimensions: [("result", abort?.rawValue ?? "done")]).increment()
    }

    /// Counts what was announced.
    func flagged(_ count: Int, _ kind: GhostRecord.Kind) {
        Counter(label: Self.flagged, dimensions: [("kind", kind.rawValue)]).increment(by: count)
    }

    /// Counts what was ended.
    func terminated(_ kind: GhostRecord.Kind) {
        Counter(label: Self.terminated, dimensions: [("kind", kind.rawValue)]).increment()
    }
}
