/// All the simulated clusters.
final class Fleet: Sendable {
    let clusters: [SimulatedCluster]

    init(
        count: Int,
        size: ClusterModel.Size,
        seed: UInt64,
        authority: CertificateAuthority,
        pace: Pace = Pace()
    ) {
        clusters = (0..<count).map { index in
            let model = ClusterModel(number: index + 1, size: size, seed: seed)
            return SimulatedCluster(
                model: model,
                token: authority.token(for: model.name),
                seed: seed,
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
