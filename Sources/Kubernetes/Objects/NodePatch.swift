/// A change of a node, which holds only for the version that was read.
///
/// Taints are one value for a merge patch (the list has no merge key), so the whole list is sent; with the
/// resource version no change of somebody else is lost.
public struct NodePatch: Hashable, Sendable, Encodable {
    /// The version that was read.
    public var resourceVersion: String
    /// Cordons or uncordons; `nil` leaves that as it is.
    public var unschedulable: Bool?
    /// The whole new list; `nil` leaves the taints as they are.
    public var taints: [Node.Taint]?
    /// Labels to set; `nil` as a value removes.
    public var labels: [String: String?]
    /// Annotations to set; `nil` as a value removes.
    public var annotations: [String: String?]

    /// Makes a patch; what is left out stays as it is.
    public init(
        resourceVersion: String,
        unschedulable: Bool? = nil,
        taints: [Node.Taint]? = nil,
        labels: [String: String?] = [:],
        annotations: [String: String?] = [:]
    ) {
        self.resourceVersion = resourceVersion
        self.unschedulable = unschedulable
        self.taints = taints
        self.labels = labels
        self.annotations = annotations
    }

    /// Whether there is nothing to change.
    public var isEmpty: Bool {
        unschedulable == nil && taints == nil && labels.isEmpty && annotations.isEmpty
    }

    private enum CodingKeys: CodingKey { case metadata, spec }
    private enum MetadataKeys: CodingKey { case resourceVersion, labels, annotations }
    private enum SpecKeys: CodingKey { case unschedulable, taints }

    /// Writes only what changes.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        var metadata = container.nestedContainer(keyedBy: MetadataKeys.self, forKey: .metadata)
        try metadata.encode(resourceVersion, forKey: .resourceVersion)
        if !labels.isEmpty { try metadata.encode(labels, forKey: .labels) }
        if !annotations.isEmpty { try metadata.encode(annotations, forKey: .annotations) }
        guard unschedulable != nil || taints != nil else { return }
        var spec = container.nestedContainer(keyedBy: SpecKeys.self, forKey: .spec)
        try spec.encodeIfPresent(unschedulable, forKey: .unschedulable)
        try spec.encodeIfPresent(taints, forKey: .taints)
    }
}
