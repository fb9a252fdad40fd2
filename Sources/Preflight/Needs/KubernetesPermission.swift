/// One verb on one resource, in all namespaces.
public struct KubernetesPermission: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// As in `patch`.
    public let verb: String
    /// As in `apps`; empty for the core group.
    public let group: String
    /// As in `pods`.
    public let resource: String
    /// As in `eviction`.
    public let subresource: String?

    /// - Parameters:
    ///   - verb: As in `patch`.
    ///   - resource: As rules name it: `pods`, `pods/eviction`.
    ///   - group: Empty for the core group.
    public init(_ verb: String, _ resource: String, group: String = "") {
        self.verb = verb
        self.group = group
        let parts = resource.split(separator: "/", maxSplits: 1)
        self.resource = parts.first.map(String.init) ?? resource
        subresource = parts.count == 2 ? String(parts[1]) : nil
    }

    /// As rules name it: `pods/eviction`.
    public var path: String { subresource.map { "\(resource)/\($0)" } ?? resource }

    /// What checks of it are called: `kubernetes:patch:apps/deployments`.
    public var id: String { "kubernetes:\(verb):\(group.isEmpty ? "" : "\(group)/")\(path)" }

    /// For people: `patch deployments.apps`.
    public var description: String { "\(verb) \(path)\(group.isEmpty ? "" : ".\(group)")" }

    /// By group, resource and verb.
    public static func < (one: Self, other: Self) -> Bool {
        (one.group, one.path, one.verb) < (other.group, other.path, other.verb)
    }
}
