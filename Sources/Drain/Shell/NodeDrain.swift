public import FoundationEssentials
public import Kubernetes
public import Logging

/// Empties nodes of one cluster.
///
/// ```swift
/// let drain = NodeDrain(client: client, pace: pace, logger: logger)
/// let report = try await drain.run(node: name, jobID: job.id, deadline: warning.time + 120)
/// ```
///
/// ## Guarantees
/// - Every request names its pod by identity, and may be repeated: a drain can be begun again by another worker
///   at any point, with or without what the first one recorded.
/// - A cancelled task, or a hook that throws, changes nothing more; the node stays as it is for who goes on.
/// - No pod is deleted with no time to stop; pods of DaemonSets and static pods are left.
///
/// ## Topics
/// ### Draining
/// - ``run(node:jobID:deadline:policy:resuming:hooks:)``
/// - ``run(node:jobID:policy:resuming:hooks:)``
/// - ``check(node:jobID:policy:)``
public struct NodeDrain: Sendable {
    let client: KubernetesClient
    let pace: ClusterPace
    let logger: Logger
    let random: @Sendable () -> Double

    /// Makes one for a cluster.
    ///
    /// - Parameters:
    ///   - client: The cluster's API server.
    ///   - pace: Shared by all drains of the cluster.
    ///   - logger: Gets decisions at `debug`, and what degrades a drain at `warning`.
    ///   - random: A number from 0 to 1 for each pause.
    public init(
        client: KubernetesClient,
        pace: ClusterPace = ClusterPace(),
        logger: Logger,
        random: @escaping @Sendable () -> Double = { .random(in: 0...1) }
    ) {
        self.client = client
        self.pace = pace
        self.logger = logger
        self.random = random
    }

    /// Gets as many pods as possible away from a node that will be lost.
    ///
    /// Cordons and marks the node, evicts in order, and deletes what its budgets hold in time for each pod to
    /// have its own time to stop. Nothing that goes wrong keeps it from the next best thing: a node that cannot
    /// be cordoned or budgets that cannot be read are among the report's problems. The node isn't given back.
    ///
    /// - Parameters:
    ///   - node: The node's name.
    ///   - jobID: Whose drain it is, at most 63 characters; the value of the node's taint.
    ///   - deadline: When the node is lost, by its own clock: for a spot warning the event's time and two minutes.
    ///   - policy: What it may do.
    ///   - progress: What an earlier worker recorded.
    ///   - hooks: What it asks and tells.
    /// - Returns: What became of each pod, at the latest `stopMargin` before the deadline.
    /// - Throws: `CancellationError`, what a hook threw, or ``KubernetesError`` if nothing can succeed, as with
    ///   an expired credential.
    public func run(
        node: String,
        jobID: String,
        deadline: Date,
        policy: DeadlinePolicy = DeadlinePolicy(),
        resuming progress: DrainProgress? = nil,
        hooks: DrainHooks = DrainHooks()
    ) async throws -> DrainReport {
        var session = DrainSession(self, node: node, jobID: jobID, progress, hooks)
        return try await session.run(until: deadline, policy)
    }

    /// Moves every pod of a node elsewhere, or leaves everything as it is.
    ///
    /// All pods and budgets are looked at first: if one of them forbids it, nothing is touched. When it takes
    /// too long, the node is given back as it was.
    ///
    /// - Parameters:
    ///   - node: The node's name.
    ///   - jobID: Whose drain it is, at most 63 characters; the value of the node's taint.
    ///   - policy: What it may do.
    ///   - progress: What an earlier worker recorded.
    ///   - hooks: What it asks and tells.
    /// - Returns: What became of it, with all that was in the way.
    /// - Throws: `CancellationError`, what a hook threw, or ``KubernetesError`` if the cluster cannot be read.
    public func run(
        node: String,
        jobID: String,
        policy: VoluntaryPolicy,
        resuming progress: DrainProgress? = nil,
        hooks: DrainHooks = DrainHooks()
    ) async throws -> DrainReport {
        var session = DrainSession(self, node: node, jobID: jobID, progress, hooks)
        return try await session.run(policy)
    }

    /// What would be in the way of a voluntary drain; changes nothing.
    ///
    /// - Throws: ``KubernetesError``, with ``KubernetesError/Code/notFound`` if there is no such node.
    public func check(
        node: String,
        jobID: String,
        policy: VoluntaryPolicy = VoluntaryPolicy()
    ) async throws -> [DrainBlocker] {
        let found = try await client.node(node)
        let inspection = try await inspect(node, leavesCritical: false)
        return Preflight.blockers(of: found, inspection.pods, jobID: jobID, policy)
    }
}
