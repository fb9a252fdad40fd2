/// That a volume is attached to a node, or wanted to be, as far as it is used here.
public struct VolumeAttachment: Sendable, Decodable {
    /// Name and identity.
    public var metadata: ObjectMetadata
    /// What is attached where.
    public var spec: Spec

    /// What is attached where.
    public struct Spec: Sendable, Decodable {
        /// The node.
        public var nodeName: String
        /// The volume.
        public var source: Source
    }

    /// A volume.
    public struct Source: Sendable, Decodable {
        /// The name of a persistent volume; `nil` for one that a pod itself describes.
        public var persistentVolumeName: String?
    }

    /// Makes one, for tests of rules.
    public init(name: String, node: String, volume: String?) {
        metadata = ObjectMetadata(name: name)
        spec = Spec(nodeName: node, source: Source(persistentVolumeName: volume))
    }
}

/// A claim of a volume, as far as it is used here.
struct PersistentVolumeClaim: Sendable, Decodable {
    struct Spec: Sendable, Decodable {
        /// The volume; `nil` until there is one.
        var volumeName: String?
    }

    var spec: Spec?
}
