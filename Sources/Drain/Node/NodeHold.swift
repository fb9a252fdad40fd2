public import Kubernetes

/// How a job marks a node as its own while it drains it, and gives it back.
///
/// The mark is the taint `cloudoptim.io/disrupted=<job>:NoSchedule`, beside the cordon. Who cordoned is
/// remembered in an annotation of the same patch, so that a node somebody else had cordoned stays so, whatever
/// worker gives it back.
public enum NodeHold {
    /// The key of the taint.
    public static let taintKey = "cloudoptim.io/disrupted"
    /// The annotation on a node that was schedulable before; its value is the job.
    public static let cordonedBy = KnownAnnotations.cordonedBy
    /// The label that takes a node out of load balancers, whatever its value; ours is the job.
    public static let excludeLabel = "node.kubernetes.io/exclude-from-external-load-balancers"

    /// The job that holds a node; `nil` if none does.
    public static func holder(of node: Node) -> String? {
        (node.spec.taints ?? []).first { $0.key == taintKey }.map { $0.value ?? "" }
    }

    /// What makes a node ours.
    ///
    /// - Parameters:
    ///   - node: As read.
    ///   - jobID: At most 63 characters, as in a UUID.
    ///   - excludesFromLoadBalancers: Whether load balancers shall send no more to the node.
    /// - Returns: `nil` if it already is.
    public static func taking(
        _ node: Node,
        jobID: String,
        excludesFromLoadBalancers: Bool
    ) -> NodePatch? {
        var patch = NodePatch(resourceVersion: node.metadata.resourceVersion)
        let ours = Node.Taint(key: taintKey, value: jobID, effect: "NoSchedule")
        let taints = node.spec.taints ?? []
        if taints.filter({ $0.key == taintKey }).map({ $0.value }) != [jobID] {
            patch.taints = taints.filter { $0.key != taintKey } + [ours]
        }
        if node.spec.unschedulable != true {
            patch.unschedulable = true
            patch.annotations[cordonedBy] = .some(jobID)
        } else if let cordoner = node.metadata.annotations[cordonedBy], cordoner != jobID {
            // The other job's cordon is now ours to undo.
            patch.annotations[cordonedBy] = .some(jobID)
        }
        if excludesFromLoadBalancers, node.metadata.labels[excludeLabel] == nil {
            patch.labels[excludeLabel] = .some(jobID)
        }
        return patch.isEmpty ? nil : patch
    }

    /// What gives a node back as it was; `nil` if it isn't ours.
    public static func releasing(_ node: Node, jobID: String) -> NodePatch? {
        var patch = NodePatch(resourceVersion: node.metadata.resourceVersion)
        guard holder(of: node) == jobID else { return nil }
        patch.taints = (node.spec.taints ?? []).filter { $0.key != taintKey }
        if node.metadata.annotations[cordonedBy] == jobID {
            patch.unschedulable = false
            patch.annotations[cordonedBy] = .some(nil)
        }
        if node.metadata.labels[excludeLabel] == jobID {
            patch.labels[excludeLabel] = .some(nil)
        }
        return patch
    }
}
