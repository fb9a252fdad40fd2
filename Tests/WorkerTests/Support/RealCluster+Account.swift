import FoundationEssentials
import Store
import TestKit

extension RealCluster {
    /// Runs the body with a namespace and a service account in it to which manifests of `ops/rbac` are applied.
    ///
    /// All of it is removed, and the nodes labelled with `test` and the namespace.
    ///
    /// - Parameters:
    ///   - manifests: Names of files.
    ///   - body: Given the account's token.
    /// - Throws: What the body throws.
    func withAccount(_ manifests: [String], _ body: (_ token: String) async throws -> Void) async throws {
        try await call("POST", "/api/v1/namespaces", #"{"metadata":{"name":"\#(name)"}}"#)
        let result: Result<Void, any Error>
        do {
            // Only this one makes the account.
            if !manifests.contains("observe.yaml") {
                let accounts = "/api/v1/namespaces/\(name)/serviceaccounts"
                try await call("POST", accounts, #"{"metadata":{"name":"cloudoptim"}}"#)
            }
            for manifest in manifests { try await apply(manifest) }
            result = .success(try await body(try await token()))
        } catch {
            result = .failure(error)
        }
        // Whatever was not made cannot be deleted, and does not matter.
        let roles = "/apis/rbac.authorization.k8s.io/v1"
        let mine = "?labelSelector=test%3D\(name)"
        for path in [
            "\(roles)/clusterrolebindings\(mine)", "\(roles)/clusterroles\(mine)", "/api/v1/nodes\(mine)",
            "/api/v1/namespaces/\(name)",
        ] { _ = try? await call("DELETE", path) }
        try result.get()
    }

    /// Applies a manifest as it is, but with names, namespace and label of the test.
    private func apply(_ manifest: String) async throws {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        guard let data = FileManager.default.contents(atPath: "/\(root)/ops/rbac/\(manifest)") else {
            throw ProcessFailure(description: "ops/rbac/\(manifest) cannot be read")
        }
        let text = String(decoding: data, as: UTF8.self)
            .replacing("name: cloudoptim-", with: "name: \(name)-")
            .replacing("namespace: kube-system", with: "namespace: \(name)")
            .replacing("app.kubernetes.io/name: cloudoptim", with: "test: \(name)")
        for document in text.split(separator: "\n---\n") {
            let path =
                if document.contains("kind: ClusterRoleBinding") {
                    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
                } else if document.contains("kind: ClusterRole") {
                    "/apis/rbac.authorization.k8s.io/v1/clusterroles"
                } else {
                    "/api/v1/namespaces/\(name)/serviceaccounts"
                }
            try await call("POST", path, String(document), contentType: "application/yaml")
        }
    }

    private func token() async throws -> String {
        let made = try await call(
            "POST",
            "/api/v1/namespaces/\(name)/serviceaccounts/cloudoptim/token",
            #"{"spec":{"expirationSeconds":3600}}"#
        )
        guard case .string(let token)? = made.members?["status"]?.members?["token"] else {
            throw ProcessFailure(description: "no token was made")
        }
        return token
    }
}
