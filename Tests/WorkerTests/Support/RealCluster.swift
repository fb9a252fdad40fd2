import FoundationEssentials
import HTTPClient
import Kubernetes
import Store
import TestKit

/// A real API server, described by a directory with `endpoint`, `ca.crt` and `admin.token`; see `ops/conformance`.
struct RealCluster: Sendable {
    static let variable = "CLOUDOPTIM_TEST_KUBE_DIR"
    static var isAvailable: Bool { directory != nil }
    private static var directory: String? {
        ProcessInfo.processInfo.environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }

    let endpoint: String
    let authority: String
    let token: String
    private let http: HTTPClient
    /// What this test's objects are called.
    let name: String

    init(http: HTTPClient, prefix: String = "collecting") throws {
        name = "\(prefix)-\(UUID().text.suffix(10))"
        let directory = Self.directory ?? ""
        func read(_ file: String) throws -> String {
            guard let data = FileManager.default.contents(atPath: "\(directory)/\(file)") else {
                throw ProcessFailure(description: "\(directory)/\(file) cannot be read")
            }
            return String(decoding: data, as: UTF8.self)
        }
        endpoint = String(try read("endpoint").filter { !$0.isWhitespace })
        authority = try read("ca.crt")
        token = String(try read("admin.token").filter { !$0.isWhitespace })
        self.http = http
    }

    /// A client of its administrator.
    var client: KubernetesClient {
        let endpoint = KubernetesEndpoint(
            serverURL: endpoint,
            certificateAuthorityPEM: authority,
            token: KubernetesToken(token),
            addressPolicy: .any
        )
        return KubernetesClient(endpoint: endpoint, http: http, retry: RetrySettings(timeout: .seconds(20)))
    }

    /// Calls the API server as its administrator.
    @discardableResult
    func call(
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        contentType: String = "application/json"
    ) async throws -> JSONValue {
        let request = HTTPRequest(
            method: method,
            url: endpoint + path,
            headers: [("Authorization", "Bearer \(token)"), ("Content-Type", contentType)],
            body: body.map { Array($0.utf8) },
            trust: .certificateAuthority(pem: authority)
        )
        let response = try await http.execute(request)
        guard (200..<300).contains(response.status) else {
            let text = String(decoding: response.body, as: UTF8.self)
            throw ProcessFailure(description: "\(method) \(path): \(response.status) \(text)")
        }
        return try JSONValue(parsing: response.body)
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
