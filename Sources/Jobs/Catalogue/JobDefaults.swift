public import Store

/// What a type's jobs are like unless a submission says otherwise.
public struct JobDefaults: Sendable {
    /// What at most one job at a time may be about.
    public enum Exclusivity: Sendable, Equatable {
        /// Any number at once.
        case none
        /// One a cluster.
        case cluster
        /// One a customer.
        case customer
        /// One a cluster and value of a parameter.
        case parameter(String)
    }

    /// 1 (first) to 10.
    public let priority: Int
    /// How long after it may start a job is of use.
    public let deadline: Duration
    /// What at most one job at a time may be about.
    public let exclusivity: Exclusivity
    /// What happens to a second unfinished job about the same thing; nil if there may be several.
    ///
    /// The same thing is what ``exclusivity`` says.
    public let whenDuplicate: JobAcceptance.DuplicatePolicy?
    /// How many runs may fail.
    public let maxAttempts: Int
    /// Whether a job must name its cluster.
    public let needsCluster: Bool
    /// The parameters it takes; none else are accepted.
    public let parameters: [ParameterRule]
    /// Whether workers can run it.
    ///
    /// The others are known, and refused.
    public let isServed: Bool

    init(
        priority: Int,
        deadline: Duration,
        exclusivity: Exclusivity,
        whenDuplicate: JobAcceptance.DuplicatePolicy? = nil,
        maxAttempts: Int,
        needsCluster: Bool,
        parameters: [ParameterRule] = [],
        isServed: Bool = false
    ) {
        self.priority = priority
        self.deadline = deadline
        self.exclusivity = exclusivity
        self.whenDuplicate = whenDuplicate
        self.maxAttempts = maxAttempts
        self.needsCluster = needsCluster
        self.parameters = parameters
        self.isServed = isServed
    }
}
