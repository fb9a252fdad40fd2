import Kubernetes

/// The parameters of `scale-deployment`.
struct ScaleParameters: Decodable {
    let namespace: String
    let deploymentName: String
    let replicas: Int
    let expectedReplicas: Int?
    let ignoreAutoscaler: Bool?

    enum CodingKeys: String, CodingKey {
        case namespace
        case deploymentName = "deployment_name"
        case replicas
        case expectedReplicas = "expected_replicas"
        case ignoreAutoscaler = "ignore_autoscaler"
    }

    var workload: WorkloadReference {
        WorkloadReference(.deployment, namespace: namespace, name: deploymentName)
    }
}
