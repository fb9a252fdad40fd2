public import Jobs

/// What the jobs of a type need to be allowed: the one home of that fact.
///
/// The manifests of `ops/rbac` grant the union of a level's needs, and so do the policies of `ops/iam`; tests compare
/// them with this.
public struct JobNeeds: Sendable {
    /// Of the cluster.
    public var kubernetes: [KubernetesNeed] = []
    /// Of the customer's account.
    public var aws: [AWSNeed] = []

    /// What a type needs.
    public static func of(_ type: JobType) -> JobNeeds {
        var needs = JobNeeds()
        switch type {
        case .noop, .sendNotification, .preflight: break
        case .collectMetrics:
            needs.observe("list", "nodes", "pods")
            needs.observe("list", "nodes", in: "metrics.k8s.io", otherwise: "no use is known, only requests")
        case .cordonNode, .uncordonNode: needs.holdNode()
        case .drainNode: needs.drain()
        case .handleSpotWarning:
            needs.drain()
            needs.observe("list", "nodes")
            needs.add("delete", "pods", .force, otherwise: "a pod whose budget forbids its eviction is lost")
            needs.replace()
            needs.readQueue()
        case .settleInterruption:
            needs.holdNode()
            needs.observe("list", "nodes")
            let otherwise = "what became of machines is not known, and a replacement too many stays"
            needs.act([.describeInstances], .observe, otherwise)
            needs.act([.terminateInstances], .replace, otherwise)
        case .scaleDeployment:
            needs.observe("get", "deployments", in: "apps")
            needs.observe("list", "horizontalpodautoscalers", in: "autoscaling")
            for verb in ["get", "update"] { needs.add(verb, "deployments/scale", in: "apps", .scale) }
        case .scanGhosts: needs.findGhosts()
        case .terminateGhost:
            needs.findGhosts()
            needs.endGhosts()
        case .runOptimization: needs.optimize()
        }
        return needs
    }

    /// Everything that a level has to give.
    public static func permissions(of level: KubernetesLevel) -> Set<KubernetesPermission> {
        Set(JobType.allCases.flatMap { of($0).kubernetes }.filter { $0.level == level }.map(\.subject))
    }

    /// Everything that a level has to give.
    public static func actions(of level: AWSLevel) -> Set<AWSAction> {
        Set(JobType.allCases.flatMap { of($0).aws }.filter { $0.level == level }.map(\.subject))
    }

    /// The types that need anything at all.
    public static var types: [JobType] {
        JobType.allCases.filter { !of($0).kubernetes.isEmpty || !of($0).aws.isEmpty }
    }
}

extension JobNeeds {
    private mutating func add(
        _ verb: String,
        _ resource: String,
        in group: String = "",
        _ level: KubernetesLevel,
        otherwise: String? = nil
    ) {
        let permission = KubernetesPermission(verb, resource, group: group)
        guard !kubernetes.contains(where: { $0.subject == permission && $0.level == level }) else { return }
        kubernetes.append(KubernetesNeed(subject: permission, level: level, otherwise: otherwise))
    }

    private mutating func observe(
        _ verb: String,
        _ resources: String...,
        in group: String = "",
        otherwise: String? = nil
    ) {
        for resource in resources { add(verb, resource, in: group, .observe, otherwise: otherwise) }
    }

    private mutating func act(_ actions: [AWSAction], _ level: AWSLevel, _ otherwise: String? = nil) {
        aws += actions.map { AWSNeed(subject: $0, level: level, otherwise: otherwise) }
    }

    /// To mark a node, and to take the mark back.
    private mutating func holdNode() {
        observe("get", "nodes")
        add("patch", "nodes", .drain)
    }

    private mutating func drain() {
        holdNode()
        observe("list", "pods")
        observe("list", "poddisruptionbudgets", in: "policy")
        observe("get", "daemonsets", in: "apps")
        observe("list", "volumeattachments", in: "storage.k8s.io")
        observe("get", "volumeattachments", in: "storage.k8s.io")
        observe("get", "persistentvolumeclaims")
        add("create", "pods/eviction", .drain)
    }

    private mutating func replace() {
        let otherwise = "no machine is launched in the place of the one that is lost"
        act([.describeInstances, .describeInstanceTypes, .describeSubnets], .observe, otherwise)
        act([.createFleet, .runInstances, .createTags, .passRole], .replace, otherwise)
        act(
            [.createServiceLinkedRole],
            .replace,
            "no spot instance is launched in an account that has had none yet"
        )
        act([.getParameters], .replace, "no launch template whose image is a parameter can be used")
    }

    private mutating func readQueue() {
        let otherwise = "events have to be brought by POST /api/v1/events/process"
        act([.receiveMessage, .deleteMessage], .queue, otherwise)
        act(
            [.getQueueAttributes],
            .queue,
            "who may send to the queue, and how long it keeps events, is not checked"
        )
    }

    private mutating func findGhosts() {
        observe("list", "nodes")
        let otherwise = "disks that nobody uses are not found"
        observe("list", "persistentvolumes", otherwise: otherwise)
        observe("list", "storageclasses", in: "storage.k8s.io", otherwise: otherwise)
        act([.describeInstances, .describeInstanceAttribute, .describeAutoScalingInstances], .observe)
        act([.createTags, .deleteTags], .ghosts, "flagged machines do not show it by a tag")
        act([.describeVolumes], .observe, otherwise)
    }

    private mutating func endGhosts() {
        act([.terminateInstances], .ghosts)
        act([.terminateInAutoScalingGroup], .ghosts, "machines of Auto Scaling groups stay")
        let otherwise = "disks that nobody uses stay"
        act([.describeSnapshots], .observe, otherwise)
        act([.createSnapshot, .deleteVolume], .ghosts, otherwise)
    }

    /// A plan needs to know everything that keeps a pod where it is.
    private mutating func optimize() {
        for verb in ["get", "list"] {
            observe(verb, "nodes", "pods", "namespaces", "persistentvolumeclaims", "persistentvolumes")
            observe(verb, "replicationcontrollers")
            observe(verb, "deployments", "statefulsets", "daemonsets", "replicasets", in: "apps")
            observe(verb, "jobs", "cronjobs", in: "batch")
            observe(verb, "poddisruptionbudgets", in: "policy")
            observe(verb, "horizontalpodautoscalers", in: "autoscaling")
            observe(verb, "nodes", "pods", in: "metrics.k8s.io", otherwise: "no use is known, only requests")
            observe(verb, "storageclasses", "volumeattachments", "csinodes", in: "storage.k8s.io")
            observe(verb, "priorityclasses", in: "scheduling.k8s.io")
        }
        let otherwise = "what workloads ask for is not changed"
        for workload in ["deployments", "statefulsets"] {
            add("patch", workload, in: "apps", .rightsize, otherwise: otherwise)
            for verb in ["get", "patch", "update"] {
                add(verb, "\(workload)/scale", in: "apps", .rightsize, otherwise: otherwise)
            }
        }
        add("patch", "pods/resize", .rightsize, otherwise: otherwise)
    }
}
