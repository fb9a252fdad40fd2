internal import FoundationEssentials
internal import Kubernetes
internal import Logging

/// One run of a drain: what both kinds share.
struct DrainSession {
    let drain: NodeDrain
    let node: String
    let jobID: String
    let hooks: DrainHooks
    /// What times are counted from.
    let start = Date()
    let clockStart = ContinuousClock.now
    var progress: DrainProgress
    var problems: [String] = []
    /// The node isn't ours yet, and it is worth to try again from then on.
    var holdAgainFrom: Duration?
    let random: @Sendable () -> Double

    /// The node that was drained doesn't exist any more.
    struct NodeGone: Error {}
    /// Somebody else's job took the node meanwhile.
    struct NodeHeld: Error {
        let node: Node
    }

    init(_ drain: NodeDrain, node: String, jobID: String, _ progress: DrainProgress?, _ hooks: DrainHooks) {
        self.drain = drain
        self.node = node
        self.jobID = jobID
        self.hooks = hooks
        self.progress = progress ?? DrainProgress(startedAt: start)
        random = drain.random
    }

    /// The time since the session's start, by a clock that never jumps.
    var now: Duration { .now - clockStart }

    func instant(_ offset: Duration) -> ContinuousClock.Instant { clockStart + offset }

    func date(_ offset: Duration) -> Date { start.addingTimeInterval(offset / .seconds(1)) }

    mutating func problem(_ text: String) {
        problems.append(text)
        drain.logger.warning(
            "a drain goes on without",
            metadata: ["node.name": "\(node)", "error": "\(text)"]
        )
    }

    /// The node, if it still is the one that the drain began with.
    static func checkIdentity(of node: Node, _ uid: String?) throws {
        guard uid == nil || node.metadata.uid == uid else { throw NodeGone() }
    }

    mutating func wasHeld(_ node: Node) {
        progress.nodeUID = node.metadata.uid
        progress.heldAt = progress.heldAt ?? date(now)
        holdAgainFrom = nil
    }

    mutating func report(
        _ outcome: DrainReport.Outcome,
        _ pods: [PodResult],
        blockers: [DrainBlocker] = []
    ) -> DrainReport {
        drain.logger.debug(
            "drain ended",
            metadata: ["node.name": "\(node)", "outcome": "\(outcome.rawValue)", "pods": "\(pods.count)"]
        )
        return DrainReport(
            outcome,
            node: node,
            pods: pods,
            blockers: blockers,
            startedAt: progress.startedAt,
            heldAt: progress.heldAt,
            finishedAt: date(now),
            problems: problems
        )
    }

    /// Every pod of a node that is gone is gone too.
    mutating func nodeGone() -> DrainReport {
        var plan = DrainPlan(PlanRules(DeadlinePolicy(), deadline: .zero), sightings: [], at: now)
        plan.resume(progress.pods, start: start, at: now)
        return report(.nodeGone, plan.results(start: start, isFinal: true))
    }

    mutating func save() async throws {
        try await hooks.onProgress(progress)
    }
}
