import Drain
import FoundationEssentials
import Metrics

extension DrainReport {
    /// Measures how long the node was held, whatever became of it; nothing if it never was.
    func measure() {
        guard let heldAt else { return }
        Timer(label: "cloudoptim_drain_seconds").recordSeconds(finishedAt.timeIntervalSince(heldAt))
    }
}
