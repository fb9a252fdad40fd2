public import Kubernetes
internal import Synchronization

/// What all drains of one cluster share: how busy its server is, and which policy API it knows.
///
/// Keep one per cluster for as long as the process runs.
public final class ClusterPace: Sendable {
    private struct State {
        var version = PolicyVersion.v1
        var pausedUntil: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    /// Makes one for a cluster about which nothing is known yet.
    public init() {}

    /// The version of the policy API that evictions are asked for by.
    public var version: PolicyVersion { state.withLock { $0.version } }

    /// Until when nothing but the last chances should be sent; `nil` if the server has time.
    public var pausedUntil: ContinuousClock.Instant? { state.withLock { $0.pausedUntil } }

    /// The server did not know the version: it may be an old one, or a new one since it was last asked.
    ///
    /// - Returns: The other one, to try now and from now on.
    func replace(_ version: PolicyVersion) -> PolicyVersion {
        state.withLock { state in
            if state.version == version { state.version = version == .v1 ? .v1beta1 : .v1 }
            return state.version
        }
    }

    /// The server asked for less.
    func overloaded(until instant: ContinuousClock.Instant) {
        state.withLock { $0.pausedUntil = max($0.pausedUntil ?? instant, instant) }
    }
}
