import Drain
import FoundationEssentials
import Synchronization

/// What all drains of a cluster share, for each cluster this process drains in.
final class ClusterPaces: Sendable {
    private static let limit = 10_000

    private let paces = Mutex<[UUID: ClusterPace]>([:])

    /// The same for the same cluster.
    func pace(of cluster: UUID) -> ClusterPace {
        paces.withLock { paces in
            if let known = paces[cluster] { return known }
            // What is forgotten is learned again.
            if paces.count >= Self.limit { paces.removeAll() }
            let pace = ClusterPace()
            paces[cluster] = pace
            return pace
        }
    }
}
