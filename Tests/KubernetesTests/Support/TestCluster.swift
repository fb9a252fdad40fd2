import Foundation
import HTTPClient
import Kubernetes
import Logging
import TestKit

/// A real API server, and what one test makes there.
struct TestCluster: Sendable {
    let plane: ControlPlane
    let endpoint: KubernetesEndpoint
    /// What this test's objects are named after.
    let name = "conformance-\(UUID().uuidString.prefix(8).lowercased())"
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

    func client(_ change: (inout KubernetesEndpoint) -> Void = { _ in }) -> KubernetesClient {
        var endpoint = endpoint
        change(&endpoint)
        return KubernetesClient(endpoint: endpoint, http: http, retry: RetrySettings(timeout: .seconds(10)))
    }

    /// Runs `body` with a namespace of its own, and removes that and the nodes made in it.
    func withNamespace(_ body: () async throws -> Void) async throws {
        try await call("POST", "/api/v1/namespaces", #"{"metadata":{"name":"\#(name)"}}"#)
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        try await call("DELETE", "/api/v1/namespaces/\(name)")
        try await call("DELETE", "/api/v1/nodes?labelSelector=conformance%3D\(name)")
        try result.get()
    }

    @discardableResult
    func call(_ method: String, _ path: String, _ body: String? = nil) async throws -> [UInt8] {
        try await plane.call(method, path, body.map { Array($0.utf8) })
    }

    func addNode(_ suffix: String = "node") async throws -> String {
        let node = "\(name)-\(suffix)"
        try await call(
            "POST",
            "/api/v1/nodes",
            #"""
            {"metadata":{"name":"\#(node)","labels":{"conformance":"\#(name)","karpenter.sh/capacity-type":"spot",
              "node.kubernetes.io/instance-type":"m5.large","topology.kubernetes.io/zone":"us-east-1a"}},
             "spec":{"providerID":"aws:///us-east-1a/i-0abc","unschedulable":true},
             "status":{"allocatable":{"cpu":"1930m","memory":"7220Mi","pods":"29"},
               "conditions":[{"type":"Ready","status":"True","reason":"KubeletReady"}]}}
            """#
        )
        return node
    }

    func addPod(_ suffix: String, on node: String) async throws {
        try await call(
            "POST",
            "/api/v1/namespaces/\(name)/pods",
            #"""
            {"metadata":{"name":"\#(suffix)","labels":{"app":"\#(suffix)"},
              "annotations":{"karpenter.sh/do-not-disrupt":"true"}},
             "spec":{"nodeName":"\#(node)","containers":[{"name":"c","image":"i",
               "resources":{"requests":{"cpu":"250m","memory":"64Mi"}}}]}}
            """#
        )
    }
}
