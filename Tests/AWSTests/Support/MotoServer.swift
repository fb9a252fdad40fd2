import AWS
import Foundation
import HTTPClient
import Logging
import TestKit

/// A `moto_server` of one's own: AWS's APIs, simulated.
///
/// `CLOUDOPTIM_TEST_MOTO_SERVER` names the executable; else it is looked for on `PATH`.
final class MotoServer: Sendable {
    static let account = TestKit.MotoServer.account
    static let patience = Duration.seconds(100)

    /// One for all tests that need no more than names of their own.
    static func shared() async throws -> MotoServer { try await sharedTask.value }

    /// One that checks every signature, with a user who may do everything.
    static func checkingSignatures() async throws -> (server: MotoServer, credentials: AWSCredentials) {
        try await checkingTask.value
    }

    private static let sharedTask = Task { try await MotoServer() }
    private static let checkingTask = Task {
        let server = try await MotoServer()
        return (server, try await server.checkSignatures())
    }

    let url: String
    let http = HTTPClient(logger: Logger(label: "test"))

    private init() async throws {
        url = try await TestKit.MotoServer.own().url
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
