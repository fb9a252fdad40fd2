import Store

/// The catalogue: every type with its defaults.
///
/// The one place to change them.
public enum JobCatalogue {
    /// The defaults of a type.
    public static func defaults(of type: JobType) -> JobDefaults {
        switch type {
        case .handleSpotWarning:
            JobDefaults(
                priority: 1,
                deadline: .seconds(120),
                exclusivity: .parameter("instance_id"),
                whenDuplicate: .merge,
                maxAttempts: 100,
                needsCluster: false,
                parameters: interruptionParameters,
                isServed: true
            )
        case .settleInterruption:
            JobDefaults(
                priority: 4,
                deadline: .seconds(1800),
                exclusivity: .parameter("interruption"),
                whenDuplicate: .merge,
                maxAttempts: 100,
                needsCluster: true,
                parameters: settlementParameters,
                isServed: true
            )
        case .cordonNode, .uncordonNode, .drainNode:
            JobDefaults(
                priority: 3,
                deadline: .seconds(600),
                exclusivity: .parameter("node_name"),
                maxAttempts: 3,
                needsCluster: true,
                parameters: type == .drainNode ? drainParameters : nodeParameters,
                isServed: true
            )
        case .scaleDeployment:
            JobDefaults(
                priority: 3,
                deadline: .seconds(600),
                exclusivity: .parameter("deployment_name"),
                maxAttempts: 3,
                needsCluster: true,
                parameters: scaleParameters,
                isServed: true
            )
        case .preflight:
            JobDefaults(
                priority: 3,
                deadline: .seconds(120),
                exclusivity: .cluster,
                whenDuplicate: .merge,
                maxAttempts: 3,
                needsCluster: true,
                isServed: true
            )
        case .sendNotification:
            JobDefaults(
                priority: 4,
                deadline: .seconds(3600),
                exclusivity: .parameter("channel_id"),
                whenDuplicate: .merge,
                maxAttempts: 8,
                needsCluster: false,
                parameters: notificationParameters,
                isServed: true
            )
        case .terminateGhost:
            JobDefaults(
                priority: 4,
                deadline: .seconds(3600),
                exclusivity: .parameter("instance_id"),
                whenDuplicate: .merge,
                maxAttempts: 5,
                needsCluster: true,
                // A machine, or a disk as in vol-0abc; what may be done about it is in our records alone.
                parameters: [ParameterRule("instance_id", .text(maximumLength: 64), isRequired: true)],
                isServed: true
            )
        case .runOptimization:
            JobDefaults(
                priority: 5,
                deadline: .seconds(600),
                exclusivity: .cluster,
                whenDuplicate: .latest,
                maxAttempts: 1,
                needsCluster: true
            )
        case .scanGhosts:
            JobDefaults(
                priority: 7,
                deadline: .seconds(3600),
                exclusivity: .customer,
                maxAttempts: 3,
                needsCluster: true,
                isServed: true
            )
        case .collectMetrics:
            JobDefaults(
                priority: 8,
                deadline: .seconds(30),
                exclusivity: .cluster,
                maxAttempts: 1,
                needsCluster: true,
                isServed: true
            )
        case .noop:
            JobDefaults(
                priority: 9,
                deadline: .seconds(3600),
                exclusivity: .parameter("exclusive"),
                maxAttempts: 3,
                needsCluster: false,
                parameters: noopParameters,
                isServed: true
            )
        }
    }

    /// Made once: they are looked up for every job.
    private static let noopParameters = [
        ParameterRule("exclusive", .text(maximumLength: 100)),
        ParameterRule("sleep_ms", .integer(0...3_600_000)),
        ParameterRule("fail", .oneOf(["none", "retryable", "permanent"])),
        ParameterRule("payload", .text(maximumLength: 200_000)),
    ]

    private static let nodeParameters = [ParameterRule("node_name", .objectName, isRequired: true)]

    private static let drainParameters =
        nodeParameters + [
            // How long until it is given up; the job's deadline may come before.
            ParameterRule("timeout_seconds", .integer(1...3600)),
            // For each pod, in place of its own.
            ParameterRule("grace_period_seconds", .integer(1...3600)),
            ParameterRule("force_unreplicated", .flag),
            ParameterRule("delete_local_storage", .flag),
            ParameterRule("ignore_opt_outs", .flag),
        ]

    private static let scaleParameters = [
        ParameterRule("namespace", .objectName, isRequired: true),
        ParameterRule("deployment_name", .objectName, isRequired: true),
        ParameterRule("replicas", .integer(0...10_000), isRequired: true),
        // Nothing is done if it has another number.
        ParameterRule("expected_replicas", .integer(0...10_000)),
        ParameterRule("ignore_autoscaler", .flag),
    ]

    private static let notificationParameters = [
        ParameterRule("channel_id", .text(maximumLength: 36), isRequired: true)
    ]

    private static let settlementParameters = [
        ParameterRule("interruption", .text(maximumLength: 36), isRequired: true),
        // Only whether the machine, which the interruption had stopped, runs again.
        ParameterRule("machine_started", .flag),
    ]

    private static let interruptionParameters = [
        ParameterRule("instance_id", .text(maximumLength: 64), isRequired: true),
        // What happens to the machine, by the words of the events.
        ParameterRule(
            "action",
            .oneOf(["terminate", "stop", "hibernate", "rebalance", "scheduled", "state-change"])
        ),
        ParameterRule("event_time", .text(maximumLength: 40)),
        ParameterRule("region", .text(maximumLength: 40)),
    ]

    /// The types that can be submitted now.
    public static var served: [JobType] { JobType.allCases.filter { defaults(of: $0).isServed } }
}
