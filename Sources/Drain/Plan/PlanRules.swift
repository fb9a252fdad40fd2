/// The rules of one ``DrainPlan``; times are counted from the drain's start.
public struct PlanRules: Sendable, Hashable {
    /// When the drain ends, whatever is left.
    public var stopAt: Duration
    /// When the node is lost; `nil` if it isn't.
    public var deadline: Duration?
    /// How long before the deadline every pod shall have stopped.
    public var margin: Duration
    /// Whether pods are deleted in spite of their budgets when their time comes.
    public var forces: Bool
    /// Whether a pod whose eviction is refused for good ends the drain.
    public var endsAtRefusal: Bool
    /// How long each pod may take to stop, instead of its own time.
    public var gracePeriod: Duration?
    /// How many evictions may be under way at once.
    public var concurrency: Int
    /// The pace.
    public var pace: DrainPace

    /// How many deletions may be under way at once: more, as each is a pod's last chance.
    var deletionConcurrency: Int { max(concurrency, 32) }

    /// The rules of a voluntary drain.
    public init(_ policy: VoluntaryPolicy, stopAt: Duration? = nil) {
        self.stopAt = stopAt ?? policy.timeout
        deadline = nil
        margin = .zero
        forces = false
        endsAtRefusal = true
        gracePeriod = policy.gracePeriod
        concurrency = max(policy.concurrency, 1)
        pace = policy.pace
    }

    /// The rules of a drain with a deadline.
    public init(_ policy: DeadlinePolicy, deadline: Duration) {
        self.deadline = deadline
        stopAt = deadline - policy.stopMargin
        margin = policy.margin
        forces = policy.forces
        endsAtRefusal = false
        gracePeriod = nil
        concurrency = max(policy.concurrency, 1)
        pace = policy.pace
    }

    /// How long a pod whose last call has come may wait for a try to evict it.
    ///
    /// Shorter than the margin: the call must come before the pod's own time to stop begins.
    var patience: Duration { max(min(pace.callTimeout * 2, margin * 3 / 4), .seconds(2)) }

    /// When a pod must be made to stop, so that it has its own time for it; `nil` if never.
    func lastCall(grace: Duration) -> Duration? {
        guard let deadline else { return nil }
        return deadline - max(grace, .seconds(1)) - margin
    }

    /// The time a pod is given if it is asked to stop now.
    ///
    /// Never less than a second: zero removes the object while its containers still run, which breaks the
    /// promise of a StatefulSet that there is one of each.
    ///
    /// - Returns: `nil` if it is the pod's own.
    func graceSeconds(own: Duration, at now: Duration) -> Int? {
        var wanted = gracePeriod ?? own
        if let deadline { wanted = min(wanted, deadline - now - margin) }
        let seconds = Int(max(wanted, .seconds(1)).components.seconds)
        return deadline == nil && .seconds(seconds) == own ? nil : seconds
    }

    /// The pause before another try, with full jitter.
    ///
    /// - Parameters:
    ///   - failures: How many tries there have been.
    ///   - random: A number from 0 to 1.
    /// - Returns: At least a tenth of a second.
    func backOff(failures: Int, random: Double) -> Duration {
        var longest = pace.firstBackOff
        for _ in 1..<max(failures, 1) where longest < pace.longestBackOff { longest = longest * 2 }
        // Not nothing: a try that comes at once is of no use to anybody.
        return max(min(longest, pace.longestBackOff) * min(max(random, 0), 1), .milliseconds(100))
    }
}
