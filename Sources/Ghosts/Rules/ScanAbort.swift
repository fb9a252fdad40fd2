/// Why a scan decides nothing at all: what it was shown cannot be trusted.
///
/// Nothing is flagged, terminated or cleared then, and no time counts.
public struct ScanAbort: Error, Hashable, Sendable, CustomStringConvertible {
    /// The reasons, by the words that are stored.
    public enum Reason: String, Sendable, CaseIterable, Codable {
        /// An operator, or the customer, switched it off.
        case switchedOff = "switched_off"
        /// The cluster refused the token (401), or there is none to be had.
        case nodesUnauthorized = "nodes_unauthorized"
        /// The token may not list nodes (403).
        case nodesForbidden = "nodes_forbidden"
        /// The cluster did not answer in time.
        case nodesTimedOut = "nodes_timed_out"
        /// The list of nodes failed or ended before its last page.
        case nodesUnreadable = "nodes_unreadable"
        /// The list of nodes is empty.
        case nodesEmpty = "nodes_empty"
        /// A node does not say which machine it is on.
        case nodeWithoutIdentity = "node_without_identity"
        /// Another cluster of the customer cannot be read: a machine might be its node.
        case otherClusterUnreadable = "other_cluster_unreadable"
        /// The list of machines, or of their groups or protection, failed.
        case machinesUnreadable = "machines_unreadable"
        /// The machines are not of the account or region that was registered.
        case wrongAccount = "wrong_account"
        /// No machine of the list is a node: it is another account's, region's or cluster's, or the cluster is gone.
        case nothingInCommon = "nothing_in_common"
        /// The nodes were listed before the machines were: a node made between would look like a ghost.
        case wrongOrder = "wrong_order"
        /// The lists are too old to act on.
        case stale
        /// Clocks differ.
        case clockSkew = "clock_skew"
        /// More ghosts at once than can be believed.
        case tooMany = "too_many"
    }

    /// Why.
    public let reason: Reason
    /// A sentence for people.
    public let detail: String

    /// Makes an abort.
    public init(_ reason: Reason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }

    /// Reason and sentence.
    public var description: String { "\(reason.rawValue): \(detail)" }
}
