public import Kubernetes

/// What a drain does with one pod, and why.
public struct ClassifiedPod: Sendable, Hashable {
    /// What is done with it.
    public enum Verdict: Sendable, Hashable {
        /// It is left alone.
        case leave(PodResult.Reason)
        /// It is stopping already: waited for, and not touched.
        case await
        /// It has to go.
        case move(DrainGroup)
    }

    /// The pod.
    public var pod: PodReference
    /// What is done with it.
    public var verdict: Verdict
    /// What speaks against moving it, unless its node is lost anyway.
    public var objections: [DrainBlocker]
    /// The budgets that select it, as in `shop/web`.
    public var budgets: [String]
    /// How long it may take to stop, by its own wish.
    public var grace: Duration
    /// By `controller.kubernetes.io/pod-deletion-cost`: the lower, the sooner it goes.
    public var deletionCost: Int

    /// Makes one, for tests of rules.
    public init(
        _ pod: PodReference,
        _ verdict: Verdict,
        objections: [DrainBlocker] = [],
        budgets: [String] = [],
        grace: Duration = .seconds(30),
        deletionCost: Int = 0
    ) {
        self.pod = pod
        self.verdict = verdict
        self.objections = objections
        self.budgets = budgets
        self.grace = grace
        self.deletionCost = deletionCost
    }
}
