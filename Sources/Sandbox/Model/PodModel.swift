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

    let namespace: String
    let name: String
    let uid: String
    let application: String
    let owner: Owner
    let phase: Phase
    /// Nil for a pod that no node has room for.
    let nodeName: String?
    let millicores: Int
    let mebibytes: Int
    let created: String
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
        self.nodeName = nodeName
        millicores = workload.millicores
        mebibytes = workload.mebibytes
        created = Timestamp.random(using: &generator)
        load = UsageModel(using: &generator)
    }

    /// The object as the API server gives it.
    func json(resourceVersion: Int) -> JSON {
        .object([
            ("metadata", metadata(resourceVersion: resourceVersion)), ("spec", spec), ("status", status),
        ])
    }

    private func metadata(resourceVersion: Int) -> JSON {
        [
            "name": .string(name),
            "namespace": .string(namespace),
            "uid": .string(uid),
            "resourceVersion": "\(resourceVersion)",
            "creationTimestamp": .string(created),
            "labels": ["app": .string(application)],
            "ownerReferences": [
                [
                    "apiVersion": .string(owner.apiVersion),
                    "kind": .string(owner.kind),
                    "name": .string(owner.name),
                    "uid": .string(owner.uid),
                    "controller": true,
                    "blockOwnerDeletion": true,
                ]
            ],
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
        if owner.kind == "DaemonSet" { members.append(("tolerations", [["operator": "Exists"]])) }
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
