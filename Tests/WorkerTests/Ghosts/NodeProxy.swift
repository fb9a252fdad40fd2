import Dispatch
import HTTPClient
import Logging
import TestKit

/// The proxy that tests share; see ``NodeProxyScript``.
final class NodeProxy: Sendable {
    /// How a cluster behaves.
    enum Mode: String, CaseIterable {
        case ok, empty, unauthorized, forbidden, hanging, closing, portal, partial, cut
    }

    private let server: PythonServer

    private static let starting = Task { try await begin() }

    /// One for all tests: each has a label of its own.
    static func shared() async throws -> NodeProxy { try await starting.value }

    private static func begin() async throws -> NodeProxy {
        // It takes a moment, which the threads of tasks don't have.
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try NodeProxy() }) }
        }
    }

    private init() throws {
        let plane = try ControlPlane(
            http: HTTPClient(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        )
        server = try PythonServer(NodeProxyScript.source, arguments: [plane.endpoint, plane.authorityFile])
    }

    var authority: String { server.authority }

    /// Where the objects with a label are a cluster.
    func endpoint(_ label: String) -> String { "https://localhost:\(server.port)/\(label)" }

    /// Has it behave otherwise.
    func set(_ mode: Mode, for label: String, _ http: HTTPClient) async throws {
        _ = try await http.execute(
            HTTPRequest(
                url: "https://localhost:\(server.port)/set/\(label)/\(mode.rawValue)",
                trust: .certificateAuthority(pem: server.authority)
            )
        )
    }
}
