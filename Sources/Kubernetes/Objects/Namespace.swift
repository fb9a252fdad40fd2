/// A namespace.
public struct Namespace: Sendable, Decodable {
    /// Name, identity, labels.
    public let metadata: ObjectMetadata
}
