/// Rules of a ClusterRole, as they are written into a manifest.
public enum ManifestRule {
    /// The rules that grant permissions, and nothing else.
    ///
    /// - Parameter permissions: What is to be granted.
    /// - Returns: YAML, to be put under `rules:`; those with the same group and verbs share a rule.
    public static func yaml(_ permissions: some Collection<KubernetesPermission>) -> String {
        var verbs: [String: [String: Set<String>]] = [:]
        for permission in permissions {
            verbs[permission.group, default: [:]][permission.path, default: []].insert(permission.verb)
        }
        var rules: [String] = []
        for (group, resources) in verbs.sorted(by: { $0.key < $1.key }) {
            let byVerbs = Dictionary(grouping: resources.keys) { resources[$0, default: []].sorted() }
            let ordered = byVerbs.map { (verbs: $0.key, resources: $0.value.sorted()) }
                .sorted { $0.resources.lexicographicallyPrecedes($1.resources) }
            for rule in ordered {
                rules.append(
                    """
                    - apiGroups: [\(group.isEmpty ? "\"\"" : group)]
                      resources: [\(rule.resources.joined(separator: ", "))]
                      verbs: [\(rule.verbs.joined(separator: ", "))]
                    """
                )
            }
        }
        return rules.joined(separator: "\n")
    }
}
