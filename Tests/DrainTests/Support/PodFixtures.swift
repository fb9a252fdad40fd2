import FoundationEssentials
import Kubernetes

extension Pod {
    /// A running pod of a ReplicaSet, to be changed by tests.
    static func running(_ name: String = "web-0", _ change: (inout Pod) -> Void = { _ in }) -> Pod {
        var pod = Pod(
            metadata: ObjectMetadata(
                name: name,
                namespace: "shop",
                uid: "uid-\(name)",
                labels: ["app": "web"],
                controller: .init(kind: "ReplicaSet", name: "web", uid: "r")
            ),
            nodeName: "node"
        )
        pod.status.conditions = [.init(type: "Ready", status: "True")]
        pod.spec.terminationGracePeriodSeconds = 30
        change(&pod)
        return pod
    }
}

extension PodDisruptionBudget {
    static func named(
        _ name: String,
        in namespace: String = "shop",
        app: String = "web",
        allows: Int = 1,
        healthy: Int = 3,
        needed: Int = 2
    ) -> PodDisruptionBudget {
        PodDisruptionBudget(
            metadata: ObjectMetadata(name: name, namespace: namespace),
            selector: LabelSelector(matchLabels: ["app": app]),
            disruptionsAllowed: allows,
            currentHealthy: healthy,
            desiredHealthy: needed
        )
    }
}
