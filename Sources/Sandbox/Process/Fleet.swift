/// All the simulated clusters.
final class Fleet: Sendable {
    let clusters: [SimulatedCluster]

    /// - Parameters:
    ///   - count: How many there are.
    ///   - size: How large each is at first.
    ///   - seed: The same makes the same clusters.
    ///   - authority: Makes their tokens.
    ///   - life: Makes the ids of all that comes later; another one for each process, as AWS gives no id twice.
    ///   - pace: How long things take.
    init(
        count: Int,
        size: ClusterModel.Size,
        seed: UInt64,
        authority: CertificateAuthority,
        life: UInt64 = 0,
        pace: Pace = Pace()
    ) {
        clusters = (0..<count).map { index in
            let model = ClusterModel(number: index + 1, size: size, seed: seed)
            return SimulatedCluster(
                model: model,
                token: authority.token(for: model.name),
                life: seed ^ life,
                pace: pace
            )
        }
    }

    /// The cluster of a path, by its number from 1.
    func cluster(_ number: String?) -> SimulatedCluster? {
        guard let number, let value = Int(number), clusters.indices.contains(value - 1) else { return nil }
        return clusters[value - 1]
    }
}
