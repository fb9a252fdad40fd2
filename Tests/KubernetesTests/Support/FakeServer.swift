import Foundation
import HTTPClient
import Kubernetes
import Logging

/// The misbehaving API server that tests share; see ``FakeServerScript``.
final class FakeServer: Sendable {
    let authority: String
    let port: Int
    private let input: Pipe

    private static let shared = Result { try FakeServer() }

    static func started() throws -> FakeServer { try shared.get() }

    private init() throws {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("kubernetes-tests-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days",
            "30", "-subj", "/CN=test", "-addext", "subjectAltName=DNS:localhost", "-keyout",
            "\(directory)/key",
            "-out", "\(directory)/crt",
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        authority = try String(contentsOfFile: "\(directory)/crt", encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "-c", FakeServerScript.source, "\(directory)/crt", "\(directory)/key",
        ]
        input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = Int(line.drop { $0.isWhitespace }.prefix { $0.isNumber }) else {
            throw KubernetesError(.unreachable, "the fake server did not start")
        }
        self.port = port
        try FileManager.default.removeItem(atPath: directory)
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
