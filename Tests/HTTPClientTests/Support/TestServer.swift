import Foundation
import HTTPClient
import Logging

/// The servers that all tests share: one process, one port per kind.
///
/// The process ends when its input does, that is with the test process, however that ends.
final class TestServer: Sendable {
    let authorityA: String
    let authorityB: String
    private let ports: [String: Int]
    private let input: Pipe

    private static let shared = Result { try TestServer() }

    static func started() throws -> TestServer { try shared.get() }

    private init() throws {
        let certificates = try TestCertificates()
        authorityA = certificates.authorityA
        authorityB = certificates.authorityB
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", TestServerScript.source, certificates.directory]
        input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        var line = Data()
        while !line.contains(UInt8(ascii: "\n")) {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw TestServerError(message: "the test server did not start") }
            line += data
        }
        ports = try JSONDecoder().decode([String: Int].self, from: line)
        try FileManager.default.removeItem(atPath: certificates.directory)
    }

    func port(_ name: String) -> Int { ports[name] ?? 0 }

    func plain(_ path: String) -> String { "http://127.0.0.1:\(port("plain"))\(path)" }

    func tls(_ path: String, port name: String = "tls") -> String { "https://localhost:\(port(name))\(path)" }

    /// A request to a TLS server that trusts authority A.
    func trusted(_ path: String, port name: String = "tls") -> HTTPRequest {
        HTTPRequest(url: tls(path, port: name), trust: .certificateAuthority(pem: authorityA))
    }
}

extension HTTPClient {
    /// A client for one test.
    static func forTest(_ configuration: HTTPClientConfiguration = .init()) -> HTTPClient {
        HTTPClient(configuration: configuration, logger: Logger(label: "test"))
    }
}

extension HTTPResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}

/// The error that `body` throws, or `nil`.
func clientError(_ body: () async throws -> Void) async -> HTTPClientError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? HTTPClientError
    }
}
