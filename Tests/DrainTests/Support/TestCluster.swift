import Drain
import Foundation
import HTTPClient
import Kubernetes
import Logging
import TestKit

/// A real control plane with simulated kubelets, and what one test makes there.
///
/// The kubelets make bound pods ready, and let go of terminating ones after the annotation
/// `kube.sim/stop-seconds`, by default a second.
struct TestCluster: Sendable {
    let plane: ControlPlane
    var endpoint: KubernetesEndpoint
    /// The test's namespace, and what its nodes are named after and labelled with.
    let name = "drain-\(UUID().uuidString.prefix(8).lowercased())"
    let jobID = UUID().uuidString.lowercased()
    var http: HTTPClient { plane.http }

    init() throws {
        plane = try ControlPlane(http: HTTPClient(logger: Logger(label: "test")))
        endpoint = KubernetesEndpoint(
            serverURL: plane.endpoint,
            certificateAuthorityPEM: plane.authority,
            token: KubernetesToken(plane.token),
            addressPolicy: .any
        )
    }

    var client: KubernetesClient {
        KubernetesClient(endpoint: endpoint, http: http, retry: RetrySettings(timeout: .seconds(20)))
    }

    var drain: NodeDrain { NodeDrain(client: client, logger: Logger(label: "test")) }

    /// Runs `body` with a namespace of its own, and removes that and the nodes made in it.
    func withNamespace(_ body: () async throws -> Void) async throws {
        try await call("POST", "/api/v1/namespaces", ["metadata": ["name": name]])
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        try await call("DELETE", "/api/v1/namespaces/\(name)")
        try await call("DELETE", "/api/v1/nodes?labelSelector=drain%3D\(name)")
        try result.get()
    }

    // MARK: - Making

    func addNode(_ suffix: String = "node", unschedulable: Bool = false) async throws -> String {
        let node = "\(name)-\(suffix)"
        let spec: [String: Any] = ["providerID": "aws:///us-east-1a/i-0abc", "unschedulable": unschedulable]
        let resources = ["cpu": "64", "memory": "64Gi", "pods": "110"]
        try await call(
            "POST",
            "/api/v1/nodes",
            [
                "metadata": ["name": node, "labels": ["drain": name, "node": suffix]], "spec": spec,
                "status": [
                    "allocatable": resources, "capacity": resources,
                    "conditions": [["type": "Ready", "status": "True", "reason": "KubeletReady"]],
                ],
            ]
        )
        return node
    }

    /// A pod that nothing will replace, on a node at once.
    func addPod(
        _ pod: String,
        on node: String,
        labels: [String: String] = [:],
        grace: Int = 30,
        stopSeconds: Double = 0,
        annotations: [String: String] = [:],
        finalizers: [String] = [],
        priorityClass: String? = nil
    ) async throws {
        var spec: [String: Any] = [
            "nodeName": node, "terminationGracePeriodSeconds": grace,
            "containers": [["name": "c", "image": "i"]],
        ]
        if let priorityClass { spec["priorityClassName"] = priorityClass }
        let marks = annotations.merging(["kube.sim/stop-seconds": "\(stopSeconds)"]) { one, _ in one }
        try await call(
            "POST",
            "/api/v1/namespaces/\(name)/pods",
            [
                "metadata": ["name": pod, "labels": labels, "annotations": marks, "finalizers": finalizers],
                "spec": spec,
            ]
        )
    }

    /// Pods that are replaced, on any of the test's nodes.
    func addReplicaSet(_ app: String, replicas: Int) async throws {
        try await addWorkload("replicasets", app, ["replicas": replicas])
    }

    func addDaemonSet(_ app: String) async throws {
        try await addWorkload("daemonsets", app, [:])
    }

    private func addWorkload(_ resource: String, _ app: String, _ spec: [String: Any]) async throws {
        let template: [String: Any] = [
            "metadata": ["labels": ["app": app], "annotations": ["kube.sim/stop-seconds": "0"]],
            "spec": ["nodeSelector": ["drain": name], "containers": [["name": "c", "image": "i"]]],
        ]
        let own: [String: Any] = ["selector": ["matchLabels": ["app": app]], "template": template]
        try await call(
            "POST",
            "/apis/apps/v1/namespaces/\(name)/\(resource)",
            ["metadata": ["name": app], "spec": spec.merging(own) { one, _ in one }]
        )
    }

    func addBudget(_ budget: String, app: String, minAvailable: Int) async throws {
        try await call(
            "POST",
            "/apis/policy/v1beta1/namespaces/\(name)/poddisruptionbudgets",
            [
                "metadata": ["name": budget],
                "spec": ["minAvailable": minAvailable, "selector": ["matchLabels": ["app": app]]],
            ]
        )
    }

    // MARK: - Looking

    /// The test's own pods on a node, by name.
    func pods(on node: String) async throws -> [String: Pod] {
        let pods = try await client.pods(onNode: node).filter { $0.metadata.namespace == name }
        return Dictionary(uniqueKeysWithValues: pods.map { ($0.metadata.name, $0) })
    }

    /// Waits until that many of the test's pods are ready on a node, and their budgets have counted them.
    func waitForPods(_ count: Int, on node: String) async throws {
        try await wait("\(count) ready pods on \(node)") {
            let ready = try await pods(on: node).values.filter { pod in
                (pod.status.conditions ?? []).contains { $0.type == "Ready" && $0.status == "True" }
            }
            let budgets = try await client.podDisruptionBudgets(namespace: name)
            return ready.count == count
                && budgets.allSatisfy {
                    ($0.status.currentHealthy ?? 0) >= ($0.status.desiredHealthy ?? .max)
                }
        }
    }

    func wait(_ what: String, until condition: () async throws -> Bool) async throws {
        let limit = ContinuousClock.now + .seconds(60)
        while !(try await condition()) {
            guard .now < limit else { throw KubernetesError(.timedOut, "waited in vain for \(what)") }
            try await Task.sleep(for: .milliseconds(300))
        }
    }

    @discardableResult
    func call(
        _ method: String,
        _ path: String,
        _ body: [String: Any]? = nil,
        contentType: String = "application/json"
    ) async throws -> [UInt8] {
        try await plane.call(
            method,
            path,
            try body.map { Array(try JSONSerialization.data(withJSONObject: $0)) },
            contentType: contentType
        )
    }
}
