/// What a machine that carries a cluster's tag is for, if it is not for being a node.
enum MachinePurpose {
    private static let roleKeys = [
        "k8s.io/role/master", "k8s.io/role/control-plane", "k8s.io/role/apiserver",
        "kops.k8s.io/instancegroup-role/control-plane",
    ]
    private static let groupKeys = [
        "kops.k8s.io/instancegroup",
        "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup",
    ]
    private static let controlRoles: Set<String> = [
        "control-plane", "controlplane", "master", "masters", "apiserver", "etcd",
    ]
    private static let otherRoles: Set<String> = [
        "bastion", "bastions", "nat", "jump", "jumphost", "jumpbox", "vpn", "ci", "jenkins", "runner",
        "runners",
        "gitlab", "buildkite", "teamcity", "github", "builder", "proxy", "router", "firewall", "database",
        "db",
        "monitoring", "debug",
    ]

    /// Whether its tags say that it carries the control plane or etcd.
    ///
    /// kOps and Cluster API tag these with the cluster's name as `owned`, too; some join as nodes, and some never do.
    static func isControlPlane(_ tags: [String: String]) -> Bool {
        tags.contains { key, value in
            if roleKeys.contains(key) || key.hasPrefix("k8s.io/etcd/") { return true }
            if key.hasPrefix("node-role.kubernetes.io/") || key.contains("/label/node-role.kubernetes.io/") {
                return words(key).contains { controlRoles.contains($0) } || key.hasSuffix("/control-plane")
            }
            guard groupKeys.contains(key) || isRole(key) || key == "Name" else { return false }
            let text = value.lowercased()
            return text.contains("control-plane") || text.contains("controlplane")
                || words(text).contains { controlRoles.contains($0) }
        }
    }

    /// Whether its tags say that it is for something else: bastion, NAT, CI.
    static func isOther(_ tags: [String: String]) -> Bool {
        tags.contains { key, value in
            if key.hasPrefix("k8s.io/role/") { return !key.hasSuffix("/node") }
            guard groupKeys.contains(key) || isRole(key) || key == "Name" else { return false }
            return words(value.lowercased()).contains { otherRoles.contains($0) }
        }
    }

    private static func isRole(_ key: String) -> Bool {
        ["role", "purpose", "function", "component"].contains(key.lowercased())
            || key == "sigs.k8s.io/cluster-api-provider-aws/role"
    }

    private static func words(_ text: String) -> [String] {
        text.split { !$0.isLetter }.map(String.init)
    }
}
