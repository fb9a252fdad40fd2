import FoundationEssentials

/// One pod of a simulated cluster.
struct PodModel: Sendable {
    /// What owns the pod.
    struct Owner: Sendable {
        let kind: String
        let name: String
        let uid: String

        var apiVersion: String { kind == "Job" ? "batch/v1" : "apps/v1" }
    }

    enum Phase: String, Sendable {
        case pending = "Pending"
        case running = "Running"
        case succeeded = "Succeeded"
    }

    /// That a pod was asked to stop.
    struct Deletion: Sendable {
        /// When it is killed at the latest, in seconds since 1970.
        let deadline: Double
        let graceSeconds: Int
        /// When its processes end.
        let stopsAt: Double
    }

    let namespace: String
    let name: String
    let uid: String
    let application: String
    let owner: Owner
    var phase: Phase
    /// Nil for a pod that no node has room for.
    var nodeName: String?
    let millicores: Int
    let mebibytes: Int
    var created: String
    var version = 1
    /// Whether no node has the label it asks for.
    let isMisfit: Bool
    /// Set when it was asked to stop.
    var deletion: Deletion?
    /// The interruption that it moves away from.
    var movedBy: String?
    /// How much of its request the pod uses on average, and where it is in its daily swing.
    let load: UsageModel

    init(
        workload: WorkloadModel,
        name: String,
        phase: Phase,
        nodeName: String?,
        using generator: inout SeededGenerator
    ) {
        namespace = workload.namespace
        self.name = name
        uid = generator.uid()
        application = workload.application
        owner = workload.owner
        self.phase = phase
        isMisfit = workload.isMisfit
        self.nodeName = nodeName
        millicores = workload.millicores
        mebibytes = workload.mebibytes
        created = Timestamp.random(using: &generator)
        load = UsageModel(using: &generator)
    }

    /// Unique among pods.
    var key: String { "\(namespace)/\(name)" }

    var isDaemon: Bool { owner.kind == "DaemonSet" }

    /// Whether it counts as healthy for budgets.
    var isHealthy: Bool { phase == .running && deletion == nil }

    /// How long its processes take to end when asked to: 1 to 4 seconds, always the same for the same pod.
    var stopSeconds: Double { 1 + Double(uid.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF } % 30) / 10 }

    /// The object as the API server gives it.
    func json(resourceVersion: Int) -> JSON {
        .object([
            ("metadata", metadata(resourceVersion: resourceVersion)), ("spec", spec), ("status", status),
        ])
    }

    private func metadata(resourceVersion: Int) -> JSON {
        var members: [(String, JSON)] = []
        if let deletion {
            let deadline = Date(timeIntervalSince1970: deletion.deadline.rounded(.down))
            members = [
                ("deletionTimestamp", .string(Timestamp.text(deadline))),
                ("deletionGracePeriodSeconds", .number(deletion.graceSeconds)),
            ]
        }
        return .object(identity(resourceVersion: resourceVersion) + members)
    }

    private func identity(resourceVersion: Int) -> [(String, JSON)] {
        [
            ("name", .string(name)), ("namespace", .string(namespace)), ("uid", .string(uid)),
            ("resourceVersion", "\(resourceVersion)"), ("creationTimestamp", .string(created)),
            ("labels", ["app": .string(application)]),
            (
                "ownerReferences",
                [
                    [
                        "apiVersion": .string(owner.apiVersion),
                        "kind": .string(owner.kind),
                        "name": .string(owner.name),
                        "uid": .string(owner.uid),
                        "controller": true,
                        "blockOwnerDeletion": true,
                    ]
                ]
            ),
        ]
    }

    private var spec: JSON {
        var members: [(String, JSON)] = []
        if let nodeName { members.append(("nodeName", .string(nodeName))) }
        members += [
            ("serviceAccountName", "default"),
            ("restartPolicy", owner.kind == "Job" ? "Never" : "Always"),
            ("terminationGracePeriodSeconds", 30),
            ("priority", owner.kind == "DaemonSet" ? 2_000_001_000 : 0),
            (
                "containers",
                [
                    [
                        "name": .string(application),
                        "image": "registry.example.com/\(application):1.0",
                        "resources": [
                            "requests": ["cpu": "\(millicores)m", "memory": "\(mebibytes)Mi"],
                            "limits": ["memory": "\(mebibytes * 2)Mi"],
                        ],
                    ]
                ]
            ),
        ]
        if isDaemon { members.append(("tolerations", [["operator": "Exists"]])) }
        if isMisfit { members.append(("nodeSelector", ["example.com/disk": "nvme"])) }
        return .object(members)
    }

    private var status: JSON {
        var conditions: JSON = [
            ["type": "PodScheduled", "status": "True", "lastTransitionTime": .string(created)],
            [
                "type": "Ready", "status": phase == .running ? "True" : "False",
                "lastTransitionTime": .string(created),
            ],
        ]
        if nodeName == nil {
            conditions = [
                [
                    "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                    "lastTransitionTime": .string(created),
                ]
            ]
        }
        var members: [(String, JSON)] = [
            ("phase", .string(phase.rawValue)), ("qosClass", "Burstable"), ("conditions", conditions),
        ]
        if nodeName != nil { members.append(("startTime", .string(created))) }
        return .object(members)
    }
}
