/// In which order pods go: a group begins when those before it are gone.
///
/// Source: Karpenter's terminator. DaemonSet pods are only here when their DaemonSet is gone.
public enum DrainGroup: Int, Sendable, CaseIterable, Comparable, Codable {
    /// Everything else.
    case ordinary
    /// Left over from a deleted DaemonSet.
    case daemon
    /// What the cluster itself needs (`system-cluster-critical`, `system-node-critical`).
    case critical
    /// Both.
    case criticalDaemon

    /// By rank.
    public static func < (one: DrainGroup, other: DrainGroup) -> Bool { one.rawValue < other.rawValue }
}
