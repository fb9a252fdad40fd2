import FoundationEssentials
import HTTPClient
import Kubernetes
import Store
import TestKit

/// A real API server, and what one test makes there.
struct RealCluster: Sendable {
    private let plane: ControlPlane
    /// What this test's objects are called.
    let name: String

    var endpoint: String { plane.endpoint }
    var authority: String { plane.authority }
    /// May do everything.
    var administratorToken: String { plane.token }

    init(http: HTTPClient, prefix: String = "collecting") throws {
        name = "\(prefix)-\(UUID().text.suffix(10))"
        plane = try ControlPlane(http: http)
    }

    /// A client of its administrator.
    var client: KubernetesClient {
        let endpoint = KubernetesEndpoint(
            serverURL: endpoint,
            certificateAuthorityPEM: authority,
            token: KubernetesToken(plane.token),
            addressPolicy: .any
        )
        return KubernetesClient(
            endpoint: endpoint,
            http: plane.http,
            retry: RetrySettings(timeout: .seconds(20))
        )
    }

    /// Calls the API server as its administrator.
    @discardableResult
    func call(
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        contentType: String = "application/json"
    ) async throws -> JSONValue {
        let answer = try await plane.call(
            method,
            path,
            body.map { Array($0.utf8) },
            contentType: contentType
        )
        return try JSONValue(parsing: answer)
    }

    /// Runs the body with a namespace, a node with two pods, and a service account that may only look.
    ///
    /// - Returns: Nothing; all of it is removed.
    func withObjects(_ body: (_ node: String, _ token: String) async throws -> Void) async throws {
        try await call("POST", "/api/v1/namespaces", #"{"metadata":{"name":"\#(name)"}}"#)
        let result: Result<Void, any Error>
        do { result = .success(try await makeObjects(body)) } catch { result = .failure(error) }
        // Whatever was not made cannot be deleted, and does not matter.
        for path in [
            "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/\(name)",
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/\(name)", "/api/v1/nodes/\(name)",
            "/api/v1/namespaces/\(name)",
        ] { _ = try? await call("DELETE", path) }
        try result.get()
    }

    private func makeObjects(_ body: (_ node: String, _ token: String) async throws -> Void) async throws {
        try await call(
            "POST",
            "/api/v1/nodes",
            """
            {"metadata":{"name":"\(name)","labels":{"karpenter.sh/capacity-type":"on-demand",
              "node.kubernetes.io/instance-type":"m5.large","topology.kubernetes.io/zone":"us-east-1a"}},
             "spec":{"providerID":"aws:///us-east-1a/i-0abc","unschedulable":true},
             "status":{"capacity":{"cpu":"2","memory":"8Gi","pods":"29"},
               "allocatable":{"cpu":"1930m","memory":"7220Mi","pods":"29"},
               "conditions":[{"type":"Ready","status":"True","reason":"KubeletReady"}]}}
            """
        )
        for pod in ["one", "two"] {
            try await call(
                "POST",
                "/api/v1/namespaces/\(name)/pods",
                """
                {"metadata":{"name":"\(pod)"},"spec":{"nodeName":"\(name)","containers":[{"name":"c","image":"i",
                  "resources":{"requests":{"cpu":"250m","memory":"64Mi"}}}]}}
                """
            )
        }
        try await body(name, try await makeAccount())
    }

    /// A service account bound to listing what collect-metrics lists, and to nothing else.
    private func makeAccount() async throws -> String {
        let accounts = "/api/v1/namespaces/\(name)/serviceaccounts"
        try await call("POST", accounts, #"{"metadata":{"name":"observer"}}"#)
        try await call(
            "POST",
            "/apis/rbac.authorization.k8s.io/v1/clusterroles",
            """
            {"metadata":{"name":"\(name)"},"rules":[
             {"apiGroups":[""],"resources":["nodes","pods","namespaces"],"verbs":["list"]},
             {"apiGroups":["metrics.k8s.io"],"resources":["nodes","pods"],"verbs":["list"]}]}
            """
        )
        try await call(
            "POST",
            "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
            """
            {"metadata":{"name":"\(name)"},
             "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"\(name)"},
             "subjects":[{"kind":"ServiceAccount","name":"observer","namespace":"\(name)"}]}
            """
        )
        let made = try await call(
            "POST",
            accounts + "/observer/token",
            #"{"spec":{"expirationSeconds":3600}}"#
        )
        guard case .string(let token)? = made.members?["status"]?.members?["token"] else {
            throw ProcessFailure(description: "no token was made")
        }
        return token
    }
}
