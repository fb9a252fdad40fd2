/// One pod and no other: a later pod of the same name has another identity.
public struct PodReference: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The namespace.
    public var namespace: String
    /// The name.
    public var name: String
    /// The identity.
    public var uid: String

    /// Makes a reference.
    public init(namespace: String, name: String, uid: String) {
        self.namespace = namespace
        self.name = name
        self.uid = uid
    }

    /// The reference of a pod that was read.
    public init(_ pod: Pod) {
        self.init(namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid)
    }

    /// As in `shop/web-0`.
    public var description: String { "\(namespace)/\(name)" }
}
