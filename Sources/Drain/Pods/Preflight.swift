public import Kubernetes

/// Whether a voluntary drain may begin.
public enum Preflight {
    /// All that forbids it; nothing if it may.
    public static func blockers(
        of node: Node,
        _ pods: [ClassifiedPod],
        jobID: String,
        _ policy: VoluntaryPolicy
    ) -> [DrainBlocker] {
        var found: [DrainBlocker] = []
        if let holder = NodeHold.holder(of: node), holder != jobID {
            found.append(DrainBlocker(.held, "is already being drained by job \(holder)"))
        }
        if !policy.ignoresOptOuts, let optOut = DisruptionOptOut.of(node) {
            found.append(DrainBlocker(.optOut, "says \(optOut.key)=\(optOut.value)"))
        }
        return found + objections(to: pods, policy)
    }

    /// What forbids to move the pods.
    static func objections(to pods: [ClassifiedPod], _ policy: VoluntaryPolicy) -> [DrainBlocker] {
        pods.sorted { $0.pod.description < $1.pod.description }
            .flatMap(\.objections).filter(policy.upholds)
    }
}
