import Drain
import FoundationEssentials
import Store

/// How far a drain has come, as it is stored.
struct DrainStep: Codable {
    static let name = "drain"

    /// The claim that recorded it.
    var fence: Int64
    var progress: DrainProgress

    /// Where to go on from.
    ///
    /// A run that ended by itself has given the node back, so the next one has its whole time again. One that was
    /// lost or handed back is continued.
    ///
    /// - Parameters:
    ///   - attempts: The job's earlier runs.
    ///   - now: When this one begins.
    /// - Returns: What is known of the node and its pods.
    func resumed(after attempts: [AttemptRecord], at now: Date) -> DrainProgress {
        let earlier = attempts.first { $0.fence == fence }
        switch earlier?.status {
        case nil, .lost, .released: return progress
        case .success, .failed, .timeout, .cancelled:
            var fresh = progress
            fresh.startedAt = now
            fresh.heldAt = nil
            return fresh
        }
    }
}
