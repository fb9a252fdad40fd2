import Foundation
import HTTPClient
import Kubernetes
import Logging

/// The misbehaving proxy that tests share; see ``FaultProxyScript``.
final class FaultProxy: Sendable {
    private let authority: String
    private let port: Int
    private let input: Pipe

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
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("drain-tests-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try (cluster.endpoint.certificateAuthorityPEM ?? "")
            .write(toFile: "\(directory)/upstream", atomically: true, encoding: .utf8)
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "30", "-subj", "/CN=test", "-addext", "subjectAltName=DNS:localhost",
            "-keyout", "\(directory)/key", "-out", "\(directory)/crt",
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        authority = try String(contentsOfFile: "\(directory)/crt", encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "-c", FaultProxyScript.source, "\(directory)/crt", "\(directory)/key",
            cluster.endpoint.serverURL, "\(directory)/upstream",
        ]
        input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = Int(line.drop { $0.isWhitespace }.prefix { $0.isNumber }) else {
            throw KubernetesError(.unreachable, "the proxy did not start")
        }
        self.port = port
        try FileManager.default.removeItem(atPath: directory)
    }

    /// A client of the cluster to which things happen.
    func client(_ cluster: TestCluster, _ fault: String) -> KubernetesClient {
        var endpoint = cluster.endpoint
        endpoint.serverURL = "https://localhost:\(port)/\(fault)/\(cluster.name)"
        endpoint.certificateAuthorityPEM = authority
        return KubernetesClient(endpoint: endpoint, http: cluster.http)
    }

    /// What was asked, in order.
    func log(_ cluster: TestCluster) async throws -> [Entry] {
        let request = HTTPRequest(
            url: "https://localhost:\(port)/log/\(cluster.name)/",
            trust: .certificateAuthority(pem: authority)
        )
        return try JSONDecoder().decode(
            [Entry].self,
            from: Data(try await cluster.http.execute(request).body)
        )
    }
}
