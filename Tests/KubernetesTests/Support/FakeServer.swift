import Foundation
import HTTPClient
import Kubernetes
import Logging
import TestKit

/// The misbehaving API server that tests share; see ``FakeServerScript``.
final class FakeServer: Sendable {
    private let server: PythonServer

    private static let shared = Result { try FakeServer() }

    static func started() throws -> FakeServer { try shared.get() }

    var authority: String { server.authority }
    var port: Int { server.port }

    private init() throws {
        server = try PythonServer(FakeServerScript.source)
    }

    /// A client whose endpoint behaves as the scenario says, with a token of its own.
    func client(
        _ scenario: String,
        retry: RetrySettings = RetrySettings(timeout: .seconds(10)),
        clock: any Clock<Duration> = RecordingClock()
    ) -> FakeClient {
        let http = HTTPClient(logger: Logger(label: "test"))
        let token = UUID().uuidString
        let endpoint = KubernetesEndpoint(
            serverURL: "https://localhost:\(port)/\(scenario)/",
            certificateAuthorityPEM: authority,
            token: KubernetesToken(token),
            addressPolicy: .any
        )
        return FakeClient(
            kubernetes: KubernetesClient(endpoint: endpoint, http: http, retry: retry, clock: clock),
            server: self,
            token: token,
            http: http
        )
    }
}

struct FakeClient {
    var kubernetes: KubernetesClient
    let server: FakeServer
    let token: String
    let http: HTTPClient

    /// How many requests the server has had with this client's token.
    func requestCount() async throws -> Int {
        let request = HTTPRequest(
            url: "https://localhost:\(server.port)/count/\(token)",
            trust: .certificateAuthority(pem: server.authority)
        )
        return Int(String(decoding: try await http.execute(request).body, as: UTF8.self)) ?? -1
    }
}

/// The error that `body` throws, or `nil`.
func kubernetesError(_ body: () async throws -> Void) async -> KubernetesError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? KubernetesError
    }
}
