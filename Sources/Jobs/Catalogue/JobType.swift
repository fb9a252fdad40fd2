/// The types of jobs, by the names users write.
public enum JobType: String, Sendable, CaseIterable, Codable {
    /// Reads a cluster and keeps what it sees.
    case collectMetrics = "collect-metrics"
    /// Keeps new pods off a node.
    case cordonNode = "cordon-node"
    /// Moves the pods of a node elsewhere.
    case drainNode = "drain-node"
    /// Saves the pods of a machine that AWS takes back.
    case handleSpotWarning = "handle-spot-warning"
    /// Does nothing, for as long as it is told: benchmark, chaos run, an operator's canary.
    case noop
    /// Finds out what the fleet is allowed to do with a cluster.
    case preflight
    /// Asks for a plan and carries it out.
    case runOptimization = "run-optimization"
    /// Sets the replicas of a deployment.
    case scaleDeployment = "scale-deployment"
    /// Looks for machines that serve nobody.
    case scanGhosts = "scan-ghosts"
    /// Tells a customer what happened.
    case sendNotification = "send-notification"
    /// Watches what becomes of an interruption after its two minutes: made by the fleet itself.
    case settleInterruption = "settle-interruption"
    /// Ends a machine that serves nobody.
    case terminateGhost = "terminate-ghost"
    /// Lets new pods on a node again.
    case uncordonNode = "uncordon-node"
}
