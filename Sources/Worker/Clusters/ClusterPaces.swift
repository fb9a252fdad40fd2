import Drain
import FoundationEssentials
import Synchronization

/// The pace of each cluster that this process drains nodes of.
///
/// Bounded: of many clusters, those that were least recently drained are forgotten, and learned anew.
final class ClusterPaces: Sendable {
    private struct Entry {
        let pace: ClusterPace
        var lastUse: UInt64
    }

    private struct State {
        var entries: [UUID: Entry] = [:]
        var uses: UInt64 = 0
    }

    private let state = Mutex(State())
    private let limit: Int

    /// - Parameter limit: How many clusters are remembered; at least one is.
    init(limit: Int = 1000) {
        self.limit = max(limit, 1)
    }

    /// The pace that all drains of a cluster share.
    func pace(of cluster: UUID) -> ClusterPace {
        state.withLock { state in
            state.uses += 1
            if let known = state.entries[cluster] {
                state.entries[cluster]?.lastUse = state.uses
                return known.pace
            }
            if state.entries.count >= limit,
                let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                state.entries[oldest.key] = nil
            }
            let entry = Entry(pace: ClusterPace(), lastUse: state.uses)
            state.entries[cluster] = entry
            return entry.pace
        }
    }
}
