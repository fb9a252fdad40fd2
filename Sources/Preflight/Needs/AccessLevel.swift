/// The manifests of `ops/rbac`: each is applied, or not, by itself.
public enum KubernetesLevel: String, Sendable, CaseIterable {
    /// Look.
    case observe
    /// Empty nodes.
    case drain
    /// Empty nodes past budgets.
    case force
    /// Set the replicas of deployments.
    case scale
    /// Change what workloads ask for.
    case rightsize

    /// Its file in `ops/rbac`.
    public var manifest: String { "\(rawValue).yaml" }
}

/// The policies of `ops/iam`: each is attached, or not, by itself.
public enum AWSLevel: String, Sendable, CaseIterable {
    /// Look.
    case observe
    /// Launch what takes the place of a machine, and end it if nobody needs it.
    case replace
    /// End machines that serve nobody, and what they leave behind.
    case ghosts
    /// Read the queue of events.
    case queue

    /// Its file in `ops/iam`.
    public var policy: String { "\(rawValue).json" }
}

/// Something a job type needs, by the level that gives it.
public struct Need<Subject: Hashable & Sendable, Level: Hashable & Sendable>: Sendable {
    /// What is needed.
    public let subject: Subject
    /// What gives it.
    public let level: Level
    /// What the jobs do without it, if they can do without.
    public let otherwise: String?
}

/// What a job type needs of a cluster.
public typealias KubernetesNeed = Need<KubernetesPermission, KubernetesLevel>
/// What a job type needs of an AWS account.
public typealias AWSNeed = Need<AWSAction, AWSLevel>
