public import FoundationEssentials

/// The cluster whose ghosts are looked for.
public struct ScannedCluster: Hashable, Sendable {
    /// As it is registered.
    public var id: UUID
    /// The name in the tags of its machines.
    public var name: String
    /// Twelve digits.
    public var account: String
    /// As in `us-east-1`.
    public var region: String

    /// Makes one from all of its fields.
    public init(id: UUID, name: String, account: String, region: String) {
        self.id = id
        self.name = name
        self.account = account
        self.region = region
    }

    /// The keys of the tags that may prove a machine to be the cluster's.
    public var proofKeys: [String] { [KnownTags.ownership + name, KnownTags.cluster] + KnownTags.eksNames }

    /// The tags that prove a machine to be the cluster's; empty if nothing does.
    ///
    /// `shared` is what subnets and balancers of several clusters carry: it proves nothing.
    func proof(_ tags: [String: String]) -> [String] {
        proofKeys.filter { key in
            switch key {
            case KnownTags.ownership + name: tags[key] == "owned"
            case KnownTags.cluster: tags[key]?.lowercased() == id.uuidString.lowercased()
            default: tags[key] == name
            }
        }
    }

    /// The tags that name another cluster.
    func otherClusters(_ tags: [String: String]) -> [String] {
        tags.keys.filter { key in
            if key.hasPrefix(KnownTags.ownership) { return key != KnownTags.ownership + name }
            if KnownTags.eksNames.contains(key) { return tags[key] != name }
            if key == KnownTags.cluster { return tags[key]?.lowercased() != id.uuidString.lowercased() }
            // The way before `kubernetes.io/cluster/`.
            return key == "KubernetesCluster" && tags[key] != name
        }.sorted()
    }
}
