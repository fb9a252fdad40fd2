/// The version of an API server, as `/version` tells it.
public struct ServerVersion: Hashable, Sendable, Decodable {
    /// As in `v1.31.2-eks-7f9249a`.
    public let gitVersion: String
    /// As in `1`.
    public let major: String
    /// As in `31` or `31+`.
    public let minor: String
}
