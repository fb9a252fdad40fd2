/// Which pods a list has; by default all of the cluster.
public struct PodSelector: Sendable {
    /// Only those of a namespace.
    public var namespace: String?
    /// A field selector, as in `spec.nodeName=ip-10-0-0-1`.
    public var fieldSelector: String?
    /// A label selector, as in `app=web`.
    public var labelSelector: String?

    /// Makes a selector.
    public init(namespace: String? = nil, fieldSelector: String? = nil, labelSelector: String? = nil) {
        self.namespace = namespace
        self.fieldSelector = fieldSelector
        self.labelSelector = labelSelector
    }

    /// The pods bound to a node.
    public static func onNode(_ name: String) -> PodSelector {
        PodSelector(fieldSelector: "spec.nodeName=\(name)")
    }
}
