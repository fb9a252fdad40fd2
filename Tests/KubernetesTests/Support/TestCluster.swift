import Foundation
import HTTPClient
import Kubernetes
import Logging

/// A real API server, described by a directory with `endpoint`, `ca.crt` and `admin.token`.
struct TestCluster: Sendable {
    static let variable = "CLOUDOPTIM_TEST_KUBE_DIR"
    static var isAvailable: Bool { directory != nil }
    private static var directory: String? {
        ProcessInfo.processInfo.environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }

    let endpoint: KubernetesEndpoint
    let http = HTTPClient(logger: Logger(label: "test"))
    /// What this test's objects are named after.
    let name = "conformance-\(UUID().uuidString.prefix(8).lowercased())"

    init() throws {
        let directory = Self.directory ?? ""
        func read(_ file: String) throws -> String {
            try String(contentsOfFile: "\(directory)/\(file)", encoding: .utf8)
        }
        endpoint = KubernetesEndpoint(
            serverURL: try read("endpoint").trimmingCharacters(in: .whitespacesAndNewlines),
            certificateAuthorityPEM: try read("ca.crt"),
            token: KubernetesToken(try read("admin.token")),
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
        let request = HTTPRequest(
            method: method,
            url: endpoint.serverURL + path,
            headers: [
                ("Authorization", "Bearer \(endpoint.token.secret)"), ("Content-Type", "application/json"),
            ],
            body: body.map { Array($0.utf8) },
            trust: endpoint.certificateAuthorityPEM.map { .certificateAuthority(pem: $0) } ?? .system
        )
        let response = try await http.execute(request)
        guard (200..<300).contains(response.status) else {
            throw KubernetesError(
                .rejected,
                "\(method) \(path): \(String(decoding: response.body, as: UTF8.self))",
                status: response.status
            )
        }
        return response.body
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
