/// What a deployment was before the job changed it, as it is stored.
struct ScaleStep: Codable {
    static let name = "scale"

    /// How many replicas it had.
    var previousReplicas: Int

    enum CodingKeys: String, CodingKey {
        case previousReplicas = "previous_replicas"
    }
}
