import Foundation
import HTTPClient
import Kubernetes
import TestKit

/// The misbehaving proxy that tests share; see ``FaultProxyScript``.
final class FaultProxy: Sendable {
    private let server: PythonServer

    private static let shared = Result { try FaultProxy(TestCluster()) }

    static func started() throws -> FaultProxy { try shared.get() }

    struct Entry: Decodable {
        let method: String
        let kind: String
        /// Seconds of a clock that never jumps.
        let at: Double
        /// Zero if there was no answer.
        let status: Int
    }

    private init(_ cluster: TestCluster) throws {
        server = try PythonServer(
            FaultProxyScript.source,
            arguments: [cluster.plane.endpoint, cluster.plane.authorityFile]
        )
    }

    /// A client of the cluster to which things happen.
    func client(_ cluster: TestCluster, _ fault: String) -> KubernetesClient {
        var endpoint = cluster.endpoint
        endpoint.serverURL = "https://localhost:\(server.port)/\(fault)/\(cluster.name)"
        endpoint.certificateAuthorityPEM = server.authority
        return KubernetesClient(endpoint: endpoint, http: cluster.http)
    }

    /// What was asked, in order.
    func log(_ cluster: TestCluster) async throws -> [Entry] {
        let request = HTTPRequest(
            url: "https://localhost:\(server.port)/log/\(cluster.name)/",
            trust: .certificateAuthority(pem: server.authority)
        )
        return try JSONDecoder().decode(
            [Entry].self,
            from: Data(try await cluster.http.execute(request).body)
        )
    }
}
