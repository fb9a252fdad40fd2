public import FoundationEssentials

/// What a node uses right now, by metrics-server.
public struct NodeMetrics: Sendable, Decodable {
    /// The node's name.
    public let name: String
    /// When it was measured.
    public let measuredAt: Date?
    /// CPU in cores, memory (working set) in bytes.
    public let usage: ResourceList

    private enum CodingKeys: CodingKey { case metadata, timestamp, usage }

    /// Decodes an item of `NodeMetricsList`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(ObjectMetadata.self, forKey: .metadata).name
        measuredAt = try container.decodeIfPresent(Timestamp.self, forKey: .timestamp)?.date
        usage = try container.decodeIfPresent(ResourceList.self, forKey: .usage) ?? [:]
    }
}

/// What a pod's containers use right now, by metrics-server.
public struct PodMetrics: Sendable, Decodable {
    /// The pod's name.
    public let name: String
    /// The pod's namespace.
    public let namespace: String
    /// When it was measured.
    public let measuredAt: Date?
    /// Each container's usage.
    public let containers: [Container]

    /// A container's usage.
    public struct Container: Sendable, Decodable {
        /// The container's name.
        public let name: String
        /// CPU in cores, memory (working set) in bytes.
        public let usage: ResourceList
    }

    private enum CodingKeys: CodingKey { case metadata, timestamp, containers }

    /// Decodes an item of `PodMetricsList`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let metadata = try container.decode(ObjectMetadata.self, forKey: .metadata)
        name = metadata.name
        namespace = metadata.namespace
        measuredAt = try container.decodeIfPresent(Timestamp.self, forKey: .timestamp)?.date
        containers = try container.decodeIfPresent([Container].self, forKey: .containers) ?? []
    }
}
