public import Kubernetes

/// Decides what a drain does with each pod of a node.
///
/// Source: the filters of `kubectl drain`, with the orders and opt-outs of Karpenter and cluster-autoscaler.
public struct PodClassifier: Sendable {
    /// A DaemonSet by name.
    public struct DaemonSetName: Hashable, Sendable {
        /// The namespace.
        public var namespace: String
        /// The name.
        public var name: String

        /// Makes a name.
        public init(namespace: String, name: String) {
            self.namespace = namespace
            self.name = name
        }
    }

    /// The budgets of the cluster, or of the namespaces concerned.
    public var budgets: [PodDisruptionBudget]
    /// Which DaemonSets that pods name as their owner don't exist any more.
    public var missingDaemonSets: Set<DaemonSetName>
    /// Whether critical pods are left to die with the node.
    public var leavesCritical: Bool

    /// Makes a classifier.
    public init(
        budgets: [PodDisruptionBudget] = [],
        missingDaemonSets: Set<DaemonSetName> = [],
        leavesCritical: Bool = false
    ) {
        self.budgets = budgets
        self.missingDaemonSets = missingDaemonSets
        self.leavesCritical = leavesCritical
    }

    /// The DaemonSets whose existence decides about some of the pods.
    public static func daemonSets(of pods: [Pod]) -> Set<DaemonSetName> {
        Set(pods.compactMap(daemonSet(of:)))
    }

    /// What is done with a pod.
    public func classify(_ pod: Pod) -> ClassifiedPod {
        let selecting = budgets.filter { $0.selects(pod) }
        var classified = ClassifiedPod(
            PodReference(pod),
            verdict(of: pod),
            budgets: selecting.map { "\($0.metadata.namespace)/\($0.metadata.name)" }.sorted(),
            grace: .seconds(max(pod.spec.terminationGracePeriodSeconds ?? 30, 0)),
            deletionCost: pod.metadata.annotations[KnownAnnotations.podDeletionCost].flatMap { Int($0) } ?? 0
        )
        if case .move(let group) = classified.verdict {
            classified.objections = objections(to: pod, group, classified, selecting)
        }
        return classified
    }

    private func verdict(of pod: Pod) -> ClassifiedPod.Verdict {
        let isMirror = pod.metadata.annotations[KnownAnnotations.mirror] != nil
        // A static pod's owner is its node. Neither can be evicted: only the kubelet's own file says it runs.
        if isMirror || pod.metadata.controller?.kind == "Node" { return .leave(.mirror) }
        if Self.isFinished(pod) { return .leave(.finished) }
        let daemonSet = Self.daemonSet(of: pod)
        // Its DaemonSet would start it again at once, as it tolerates every cordon.
        if let daemonSet, !missingDaemonSets.contains(daemonSet) { return .leave(.daemonSet) }
        if pod.metadata.deletedAt != nil { return .await }
        let isCritical = ["system-cluster-critical", "system-node-critical"]
            .contains(pod.spec.priorityClassName)
        if isCritical, leavesCritical { return .leave(.critical) }
        switch (isCritical, daemonSet != nil) {
        case (false, false): return .move(.ordinary)
        case (false, true): return .move(.daemon)
        case (true, false): return .move(.critical)
        case (true, true): return .move(.criticalDaemon)
        }
    }

    private func objections(
        to pod: Pod,
        _ group: DrainGroup,
        _ classified: ClassifiedPod,
        _ selecting: [PodDisruptionBudget]
    ) -> [DrainBlocker] {
        var found: [DrainBlocker] = []
        func object(_ kind: DrainBlocker.Kind, budgets: [String] = [], _ message: String) {
            found.append(DrainBlocker(kind, pod: classified.pod, budgets: budgets, message))
        }
        if let optOut = DisruptionOptOut.of(pod) {
            object(.optOut, "says \(optOut.key)=\(optOut.value)")
        }
        if group == .daemon || group == .criticalDaemon {
            object(.orphaned, "belongs to a DaemonSet that doesn't exist any more: nothing will replace it")
        } else if pod.metadata.controller == nil {
            object(.unreplicated, "has no controller: nothing will replace it")
        }
        let volumes = Self.localVolumes(of: pod)
        if !volumes.isEmpty {
            object(.localStorage, "keeps data on the node: emptyDir \(volumes.joined(separator: ", "))")
        }
        let counting = selecting.filter { _ in !Self.isBeyondBudgets(pod) }
        if counting.count > 1 {
            object(
                .severalBudgets,
                budgets: classified.budgets,
                "is selected by more than one PodDisruptionBudget, which the server never lets be evicted"
            )
        } else if let budget = counting.first, budget.blocks(pod) {
            let status = budget.status
            object(
                .budget,
                budgets: classified.budgets,
                "the budget allows no disruption now: \(status.currentHealthy ?? 0) healthy,"
                    + " \(status.desiredHealthy ?? 0) needed"
            )
        }
        return found
    }

    /// Those that the pod's own annotation does not give up.
    private static func localVolumes(of pod: Pod) -> [String] {
        let annotations = pod.metadata.annotations
        guard annotations[KnownAnnotations.safeToEvict] != "true" else { return [] }
        let givenUp = Set(
            (annotations[KnownAnnotations.safeToEvictLocalVolumes] ?? "")
                .split(separator: ",").map { $0.filter { !$0.isWhitespace } }
        )
        return (pod.spec.volumes ?? []).filter { $0.isEmptyDir && !givenUp.contains($0.name) }.map(\.name)
    }

    /// The server looks at no budget for what does not run.
    private static func isBeyondBudgets(_ pod: Pod) -> Bool {
        isFinished(pod) || pod.status.phase == "Pending" || pod.metadata.deletedAt != nil
    }

    static func isFinished(_ pod: Pod) -> Bool {
        pod.status.phase == "Succeeded" || pod.status.phase == "Failed"
    }

    static func daemonSet(of pod: Pod) -> DaemonSetName? {
        guard let owner = pod.metadata.controller, owner.kind == "DaemonSet" else { return nil }
        return DaemonSetName(namespace: pod.metadata.namespace, name: owner.name)
    }
}
