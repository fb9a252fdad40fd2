import AWS
import Dispatch
import Foundation
import HTTPClient
import Logging

/// A `moto_server` of one's own: AWS's APIs, simulated.
///
/// `CLOUDOPTIM_TEST_MOTO_SERVER` names the executable; else it is looked for on `PATH`.
final class MotoServer: Sendable {
    static let variable = "CLOUDOPTIM_TEST_MOTO_SERVER"
    /// Moto's own account.
    static let account = "123456789012"
    static let patience = Duration.seconds(100)

    /// One for all tests that need no more than names of their own.
    static func shared() async throws -> MotoServer { try await sharedTask.value }

    /// One that checks every signature, with a user who may do everything.
    static func checkingSignatures() async throws -> (server: MotoServer, credentials: AWSCredentials) {
        try await checkingTask.value
    }

    private static let sharedTask = Task { try await started() }
    private static let checkingTask = Task {
        let server = try await started()
        return (server, try await server.checkSignatures())
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

    let url: String
    let http = HTTPClient(logger: Logger(label: "test"))

    /// It takes seconds, which the threads of tasks don't have.
    private static func started() async throws -> MotoServer {
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
        guard let port = Int(line.prefix { $0.isNumber }) else {
            throw MotoMissing(name: name)
        }
        url = "http://127.0.0.1:\(port)"
    }

    /// What clients of moto share; patient, as it takes seconds for its first answers and forgets launches'
    /// tokens.
    func runtime(logger: Logger? = nil) throws -> AWSRuntime {
        AWSRuntime(
            http: logger.map { HTTPClient(logger: $0) } ?? http,
            endpoints: try AWSEndpoints(common: url),
            retry: AWSRetrySettings(timeout: Self.patience),
            logger: Logger(label: "test")
        )
    }

    /// A client with any credentials, which moto does not check.
    func client(region: String = "us-east-1") throws -> AWSClient {
        AWSClient(
            region: try region.region,
            account: Self.account,
            credentials: StaticCredentials(
                AWSCredentials(accessKeyID: "AKIAANYBODY", secretAccessKey: "any")
            ),
            runtime: try runtime()
        )
    }

    /// Calls what the library has no use for, to set up a test.
    @discardableResult
    func call(
        _ service: String,
        version: String,
        _ parameters: [String: String],
        region: String = "us-east-1"
    ) async throws -> XMLElement {
        var form = ["Version=\(version)"]
        for (name, value) in parameters {
            let escaped = value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            form.append("\(name)=\(escaped)")
        }
        let scope = "AKIAANYBODY/20260101/\(region)/\(service)/aws4_request"
        let response = try await http.execute(
            HTTPRequest(
                method: "POST",
                url: url + "/",
                headers: [
                    ("Content-Type", "application/x-www-form-urlencoded"),
                    (
                        "Authorization",
                        "AWS4-HMAC-SHA256 Credential=\(scope), SignedHeaders=host, Signature=0"
                    ),
                ],
                body: Array(form.joined(separator: "&").utf8),
                timeout: Self.patience,
                stallTimeout: Self.patience
            )
        )
        guard response.status == 200 else {
            throw MotoRefusal(text: String(decoding: response.body, as: UTF8.self))
        }
        return try XMLReader.read(response.body)
    }

    /// Makes a user, then has every call's signature checked.
    private func checkSignatures() async throws -> AWSCredentials {
        let iam = "2010-05-08"
        try await call("iam", version: iam, ["Action": "CreateUser", "UserName": "fleet"])
        let policy = #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#
        try await call(
            "iam",
            version: iam,
            [
                "Action": "PutUserPolicy", "UserName": "fleet", "PolicyName": "all", "PolicyDocument": policy,
            ]
        )
        let trust =
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"#
            + #""Action":"sts:AssumeRole"}]}"#
        try await call(
            "iam",
            version: iam,
            ["Action": "CreateRole", "RoleName": "customer", "AssumeRolePolicyDocument": trust]
        )
        try await call(
            "iam",
            version: iam,
            [
                "Action": "PutRolePolicy", "RoleName": "customer", "PolicyName": "all",
                "PolicyDocument": policy,
            ]
        )
        let answer = try await call(
            "iam",
            version: iam,
            ["Action": "CreateAccessKey", "UserName": "fleet"]
        )
        let key = answer.child("CreateAccessKeyResult")?.child("AccessKey")
        _ = try await http.execute(
            HTTPRequest(method: "POST", url: url + "/moto-api/reset-auth", body: Array("0".utf8))
        )
        return AWSCredentials(
            accessKeyID: key?.child("AccessKeyId")?.text ?? "",
            secretAccessKey: key?.child("SecretAccessKey")?.text ?? ""
        )
    }
}

struct MotoMissing: Error, CustomStringConvertible {
    let name: String
    var description: String {
        "\(name) does not start. These tests need moto: pip install 'moto[server,ec2,sqs,sts,autoscaling]', "
            + "then put moto_server on PATH or name it by \(MotoServer.variable)"
    }
}

struct MotoRefusal: Error {
    let text: String
}

extension String {
    var region: AWSRegion {
        get throws {
            guard let region = AWSRegion(self) else { throw AWSError(.invalidRequest, "not a region") }
            return region
        }
    }
}

/// The error that `body` throws, or `nil`.
func awsError(_ body: () async throws -> Void) async -> AWSError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? AWSError
    }
}
