import Dispatch
import Foundation
import HTTPClient
import Logging

/// A `moto_server` of the tests' own: AWS's APIs, simulated.
///
/// `CLOUDOPTIM_TEST_MOTO_SERVER` names the executable; else it is looked for on `PATH`.
public final class MotoServer: Sendable {
    /// Moto's own account.
    public static let account = "123456789012"
    /// The region of what is made here.
    public static let region = "us-east-1"

    private static let variable = "CLOUDOPTIM_TEST_MOTO_SERVER"
    private static let sharedTask = Task { try await own() }

    /// Where it listens.
    public let url: String
    private let http = HTTPClient(logger: Logger(label: "test"))

    /// One for all tests that need no more than names of their own.
    public static func shared() async throws -> MotoServer { try await sharedTask.value }

    /// One that knows no key, and so refuses every call.
    public static func refusing() async throws -> MotoServer {
        let server = try await own()
        _ = try await server.http.execute(
            HTTPRequest(method: "POST", url: server.url + "/moto-api/reset-auth", body: Array("0".utf8))
        )
        return server
    }

    /// Prints the port, drops the rest, and ends when the tests' process has ended, however that ends.
    private static let script = #"""
        command -v "$0" >/dev/null || exit 3
        {
            "$0" -H 127.0.0.1 -p 0 2>&1 &
            server=$!
            while kill -0 "$1" && kill -0 "$server"; do sleep 1; done >/dev/null 2>&1
            kill -KILL "$server" 2>/dev/null
        } | sed -un 's/.*Running on http:..127.0.0.1:\([0-9]*\).*/\1/p'
        """#

    /// One for a test that changes what all of it does.
    ///
    /// It takes seconds, which the threads of tasks don't have.
    public static func own() async throws -> MotoServer {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try MotoServer() }) }
        }
    }

    private init() throws {
        let name = ProcessInfo.processInfo.environment[Self.variable] ?? "moto_server"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", Self.script, name, "\(ProcessInfo.processInfo.processIdentifier)"]
        process.standardInput = FileHandle.nullDevice
        // Who waits for the end of our own output must not wait for its.
        process.standardError = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        try output.fileHandleForWriting.close()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = Int(line.prefix { $0.isNumber }) else { throw MotoMissing(name: name) }
        url = "http://127.0.0.1:\(port)"
    }

    /// The environment of a process that takes it for AWS.
    public var environment: [String: String] {
        [
            "AWS_ENDPOINT_URL": url, "AWS_REGION": Self.region, "AWS_ACCESS_KEY_ID": "AKIAANYBODY",
            "AWS_SECRET_ACCESS_KEY": "any",
        ]
    }

    /// Makes a queue.
    ///
    /// - Returns: Its URL.
    public func makeQueue() async throws -> String {
        let answer = try await call("CreateQueue", ["QueueName": .text("queue-\(UUID().uuidString)")])
        guard let url = answer["QueueUrl"]?.text else { throw MotoRefusal(text: "no queue") }
        return url
    }

    /// Sends a message.
    public func send(_ body: String, to queue: String) async throws {
        _ = try await call("SendMessage", ["QueueUrl": .text(queue), "MessageBody": .text(body)])
    }

    /// How many messages a queue has: those that wait, and those that somebody has received.
    public func messages(in queue: String) async throws -> (waiting: Int, received: Int) {
        let answer = try await call(
            "GetQueueAttributes",
            ["QueueUrl": .text(queue), "AttributeNames": .list(["All"])]
        )
        let attributes = answer["Attributes"]?.members ?? [:]
        return (
            Int(attributes["ApproximateNumberOfMessages"] ?? "") ?? -1,
            Int(attributes["ApproximateNumberOfMessagesNotVisible"] ?? "") ?? -1
        )
    }

    private enum Value: Codable {
        case text(String)
        case list([String])
        case map([String: String])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            // Each failure only means: try the next kind.
            if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let list = try? container.decode([String].self) {
                self = .list(list)
            } else {
                self = .map(try container.decode([String: String].self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let text): try container.encode(text)
            case .list(let list): try container.encode(list)
            case .map(let map): try container.encode(map)
            }
        }

        var text: String? {
            guard case .text(let text) = self else { return nil }
            return text
        }

        var members: [String: String]? {
            guard case .map(let members) = self else { return nil }
            return members
        }
    }

    /// Calls SQS for what the library itself has no use for.
    private func call(_ action: String, _ input: [String: Value]) async throws -> [String: Value] {
        let scope = "AKIAANYBODY/20260101/\(Self.region)/sqs/aws4_request"
        let response = try await http.execute(
            HTTPRequest(
                method: "POST",
                url: url + "/",
                headers: [
                    ("Content-Type", "application/x-amz-json-1.0"), ("X-Amz-Target", "AmazonSQS.\(action)"),
                    (
                        "Authorization",
                        "AWS4-HMAC-SHA256 Credential=\(scope), SignedHeaders=host, Signature=0"
                    ),
                ],
                body: Array(try JSONEncoder().encode(input))
            )
        )
        guard response.status == 200 else {
            throw MotoRefusal(text: String(decoding: response.body, as: UTF8.self))
        }
        return (try? JSONDecoder().decode([String: Value].self, from: Data(response.body))) ?? [:]
    }
}

/// There is no moto.
public struct MotoMissing: Error, CustomStringConvertible {
    let name: String

    /// What to do.
    public var description: String {
        "\(name) does not start. These tests need moto: pip install 'moto[server,ec2,sqs,sts,autoscaling]', "
            + "then put moto_server on PATH or name it by CLOUDOPTIM_TEST_MOTO_SERVER"
    }
}

/// Moto did not do what a test needs.
public struct MotoRefusal: Error {
    let text: String
}
