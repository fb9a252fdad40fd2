import Synchronization

@testable import Sandbox

extension CustomerAccount {
    /// An account with clusters, whose role trusts `CustomerAccount.testID`.
    static func test(clusters: Int = 1, nodes: Int = 6, podsPerNode: Int = 10, pace: Pace = Pace()) throws
        -> CustomerAccount
    {
        let authority = try CertificateAuthority()
        let fleet = Fleet(
            count: clusters,
            size: .init(nodes: nodes, podsPerNode: podsPerNode),
            seed: 1,
            authority: authority,
            pace: pace
        )
        let account = CustomerAccount(fleet: fleet, keys: authority.keyRing)
        account.externalID = testID
        return account
    }

    static let testID = "an-external-id-of-tests"
}

/// A time that passes only when it is told to.
final class TestTime: Sendable {
    private let seconds = Mutex(1_800_000_000.0)

    var now: Double { seconds.withLock { $0 } }

    func pass(_ seconds: Double) { self.seconds.withLock { $0 += seconds } }
}

extension ClusterState {
    /// A cluster as a test begins with it.
    static func test(nodes: Int = 6, podsPerNode: Int = 10, life: UInt64 = 1, pace: Pace = Pace())
        -> ClusterState
    {
        let model = ClusterModel(number: 1, size: .init(nodes: nodes, podsPerNode: podsPerNode), seed: 1)
        return ClusterState(model, life: life, pace: pace)
    }

    /// The pods of a node that a drain has to move.
    func movable(on node: String) -> [PodModel] {
        (podsOnNode[node] ?? []).sorted().compactMap { pods[$0] }
            .filter { !$0.isDaemon && $0.phase == .running && $0.deletion == nil }
    }
}
