import AWS
import Foundation
import HTTPClient
import Logging
import TestKit

/// The misbehaving AWS that tests share; see ``FakeAWSScript``.
final class FakeAWS: Sendable {
    let port: Int
    private let input: Pipe
    private let http = HTTPClient(logger: Logger(label: "test"))

    private static let shared = Result { try FakeAWS() }

    static func started() throws -> FakeAWS { try shared.get() }

    private init() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", FakeAWSScript.source]
        input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = Int(line.prefix { $0.isNumber }) else {
            throw AWSError(.unreachable, "the fake AWS did not start")
        }
        self.port = port
    }

    /// Something that behaves as the scenario says, with a count of its own.
    func scenario(_ name: String) -> FakeScenario {
        FakeScenario(server: self, name: name, id: UUID().uuidString)
    }

    func get(_ path: String) async throws -> [UInt8] {
        try await http.execute(HTTPRequest(url: "http://127.0.0.1:\(port)\(path)")).body
    }
}

struct FakeScenario {
    let server: FakeAWS
    let name: String
    let id: String
    let clock = RecordingClock()

    var url: String { "http://127.0.0.1:\(server.port)/\(name)/\(id)" }

    func runtime(
        retry: AWSRetrySettings = AWSRetrySettings(timeout: .seconds(10)),
        clock: (any Clock<Duration>)? = nil
    ) throws -> AWSRuntime {
        AWSRuntime(
            http: HTTPClient(logger: Logger(label: "test")),
            endpoints: try AWSEndpoints(common: url),
            retry: retry,
            logger: Logger(label: "test"),
            clock: clock ?? self.clock,
            random: { 1 }
        )
    }

    func client(
        credentials: any CredentialsProvider = StaticCredentials(
            AWSCredentials(accessKeyID: "AKIAFAKE", secretAccessKey: "secret")
        ),
        retry: AWSRetrySettings = AWSRetrySettings(timeout: .seconds(10)),
        clock: (any Clock<Duration>)? = nil
    ) throws -> AWSClient {
        AWSClient(
            region: try "us-east-1".region,
            account: "123456789012",
            credentials: credentials,
            runtime: try runtime(retry: retry, clock: clock)
        )
    }

    func queue() throws -> QueueURL {
        try QueueURL(
            "\(url)/123456789012/q",
            region: "us-east-1".region,
            endpoints: AWSEndpoints(common: url)
        )
    }

    struct Request: Decodable {
        var method: String
        var path: String
        var headers: [String: String]
        var body: String
    }

    /// The requests that came, in order.
    func requests() async throws -> [Request] {
        try JSONDecoder().decode([Request].self, from: Data(try await server.get("/log/\(id)")))
    }
}
