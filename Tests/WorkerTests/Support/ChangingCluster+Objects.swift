import TestKit

extension ChangingCluster {
    func addNode(_ suffix: String = "node", unschedulable: Bool = false, taints: String = "[]") async throws
        -> String
    {
        let node = "\(name)-\(suffix)"
        let resources = #"{"cpu":"64","memory":"64Gi","pods":"110"}"#
        try await real.call(
            "POST",
            "/api/v1/nodes",
            """
            {"metadata":{"name":"\(node)","labels":{"test":"\(name)"}},
             "spec":{"unschedulable":\(unschedulable),"taints":\(taints)},
             "status":{"capacity":\(resources),"allocatable":\(resources),
               "conditions":[{"type":"Ready","status":"True","reason":"KubeletReady"}]}}
            """
        )
        return node
    }

    /// A pod that nothing will replace, on a node at once.
    func addPod(_ pod: String, on node: String, app: String = "none") async throws {
        try await real.call(
            "POST",
            "/api/v1/namespaces/\(name)/pods",
            """
            {"metadata":{"name":"\(pod)","labels":{"app":"\(app)"},"annotations":{"kube.sim/stop-seconds":"0"}},
             "spec":{"nodeName":"\(node)","containers":[{"name":"c","image":"i"}]}}
            """
        )
    }

    /// Pods that are replaced, on any of the test's nodes.
    func addReplicaSet(_ app: String, replicas: Int) async throws {
        try await addWorkload("replicasets", app, replicas: replicas)
    }

    func addDeployment(_ app: String, replicas: Int, annotations: String = "{}") async throws {
        try await addWorkload("deployments", app, replicas: replicas, annotations: annotations)
    }

    private func addWorkload(
        _ resource: String,
        _ app: String,
        replicas: Int,
        annotations: String = "{}"
    ) async throws {
        try await real.call(
            "POST",
            "/apis/apps/v1/namespaces/\(name)/\(resource)",
            """
            {"metadata":{"name":"\(app)","annotations":\(annotations)},
             "spec":{"replicas":\(replicas),"selector":{"matchLabels":{"app":"\(app)"}},"template":{
               "metadata":{"labels":{"app":"\(app)"},"annotations":{"kube.sim/stop-seconds":"0"}},
               "spec":{"nodeSelector":{"test":"\(name)"},"containers":[{"name":"c","image":"i"}]}}}}
            """
        )
    }

    func addBudget(_ budget: String, app: String, minAvailable: Int) async throws {
        try await real.call(
            "POST",
            "/apis/policy/v1beta1/namespaces/\(name)/poddisruptionbudgets",
            """
            {"metadata":{"name":"\(budget)"},
             "spec":{"minAvailable":\(minAvailable),"selector":{"matchLabels":{"app":"\(app)"}}}}
            """
        )
    }

    func addAutoscaler(_ autoscaler: String, of app: String) async throws {
        try await real.call(
            "POST",
            "/apis/autoscaling/v1/namespaces/\(name)/horizontalpodautoscalers",
            """
            {"metadata":{"name":"\(autoscaler)"},"spec":{"minReplicas":1,"maxReplicas":9,
             "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"\(app)"}}}
            """
        )
    }
}
