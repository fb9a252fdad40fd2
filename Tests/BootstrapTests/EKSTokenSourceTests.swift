import AWS
import Cryptography
import FoundationEssentials
import HTTPClient
import Kubernetes
import Logging
import Store
import Synchronization
import TestKit
import Testing

@testable import Bootstrap

@Suite("Tokens of EKS clusters", .timeLimit(.minutes(1))) struct EKSTokenSourceTests {
    /// A clock that stands still until it is told otherwise.
    private final class Time: Sendable {
        private let passed = Mutex(Duration.zero)
        private let start = ContinuousClock.now
        private let date = Date(timeIntervalSince1970: 1_767_323_045)

        var instant: ContinuousClock.Instant { start + passed.withLock(\.self) }
        var now: Date { date + passed.withLock(\.self) / .seconds(1) }
        func pass(_ time: Duration) { passed.withLock { $0 += time } }
    }

    private func source(_ time: Time, expiration: Date? = nil) throws -> EKSTokenSource {
        let region = try #require(AWSRegion("eu-central-1"))
        let credentials = AWSCredentials(
            accessKeyID: "AKIDEXAMPLE",
            secretAccessKey: "wJalrXUtnFEMI",
            sessionToken: nil,
            expiration: expiration
        )
        let client = AWSClient(
            region: region,
            account: "123456789012",
            credentials: StaticCredentials(credentials),
            runtime: AWSRuntime(
                http: HTTPClient(logger: Logger(label: "test")),
                logger: Logger(label: "test"),
                now: { time.now }
            )
        )
        return EKSTokenSource(client: .success(client), clusterName: "shop", now: { time.instant })
    }

    private func secret(_ source: EKSTokenSource) async throws -> String {
        try await source.token(by: .now + .seconds(10)).secret
    }

    @Test func lastFourteenMinutes() async throws {
        let time = Time()
        let source = try source(time)
        let first = try await secret(source)
        time.pass(.seconds(13 * 60))
        #expect(try await secret(source) == first)
        time.pass(.seconds(59))
        let second = try await secret(source)
        #expect(second != first)
        time.pass(.seconds(14 * 60))
        #expect(try await secret(source) != second)
    }

    @Test func endWithTheCredentials() async throws {
        let time = Time()
        let source = try source(time, expiration: time.now + 60)
        let first = try await secret(source)
        time.pass(.seconds(50))
        #expect(try await secret(source) == first)
        time.pass(.seconds(6))
        #expect(try await secret(source) != first)
    }

    @Test func areTheSameForAllWhoAskAtOnce() async throws {
        let source = try source(Time())
        let secrets = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 { group.addTask { try await source.token(by: .now + .seconds(10)).secret } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(secrets.count == 1)
    }

    @Test func areMadeAnewOnceTheyWereRefused() async throws {
        let time = Time()
        let source = try source(time)
        let first = try await source.token(by: .now + .seconds(10))
        time.pass(.seconds(1))
        source.discard(first)
        let second = try await source.token(by: .now + .seconds(10))
        #expect(second != first)
        // Who was refused with the first one comes late.
        source.discard(first)
        let third = try await source.token(by: .now + .seconds(10))
        #expect(third == second)
    }

    @Test func sayWhyThereIsNone() async throws {
        let source = EKSTokenSource(
            client: .failure(AWSError(.invalidRequest, "the customer has no aws_role_arn")),
            clusterName: "shop"
        )
        let error = await #expect(throws: KubernetesError.self) { _ = try await secret(source) }
        #expect(error?.code == .signInRefused)
        #expect(error?.message.contains("aws_role_arn") == true)
    }

    /// A role's session, the URL in the published form, and what STS says to whoever calls it, as the cluster does.
    @Test func nameTheCustomersRoleToSTS() async throws {
        let http = HTTPClient(logger: Logger(label: "test"))
        let moto = try await MotoServer.shared()
        let sessions = try CustomerSessions(
            http: http,
            environment: moto.environment,
            logger: Logger(label: "test")
        )
        let customer = UUID()
        let access = EKSAccess(
            customerID: customer,
            roleARN: "arn:aws:iam::\(MotoServer.account):role/cloudoptim",
            externalID: "external-id-0123456789",
            region: MotoServer.region,
            clusterName: "shop"
        )
        let sources = EKSTokenSources(sessions: sessions)
        let source = sources.source(for: access)
        #expect(sources.source(for: access) === source)
        let token = try await source.token(by: .now + .seconds(50))
        let same = try await sources.source(for: access).token(by: .now + .seconds(50))
        #expect(same == token)

        #expect(token.secret.hasPrefix("k8s-aws-v1."))
        let bytes = try #require(Base64.decodeURL(String(token.secret.dropFirst(11))))
        let url = String(decoding: bytes, as: UTF8.self)
        let host = "https://sts.\(MotoServer.region).amazonaws.com/?"
        #expect(url.hasPrefix(host))
        let query = Set(url.dropFirst(host.count).split(separator: "&").map(String.init))
        #expect(
            query.isSuperset(of: [
                "Action=GetCallerIdentity", "X-Amz-Expires=60",
                "X-Amz-SignedHeaders=host%3Bx-k8s-aws-id",
            ])
        )
        #expect(query.contains { $0.hasPrefix("X-Amz-Security-Token=") })

        // Moto tells services apart by this header alone; it is no signature.
        let scope = try #require(query.first { $0.hasPrefix("X-Amz-Credential=") }).dropFirst(17)
        let credential = scope.replacing("%2F", with: "/")
        let answer = try await http.execute(
            HTTPRequest(
                url: "\(moto.url)/?\(url.dropFirst(host.count))",
                headers: [
                    ("x-k8s-aws-id", "shop"),
                    (
                        "Authorization",
                        "AWS4-HMAC-SHA256 Credential=\(credential), SignedHeaders=host, Signature=0"
                    ),
                ],
                timeout: .seconds(50),
                stallTimeout: .seconds(50)
            )
        )
        let text = String(decoding: answer.body, as: UTF8.self)
        #expect(answer.status == 200, "\(text)")
        let session = "assumed-role/cloudoptim/co-\(customer.text)-cluster-sign-in"
        #expect(text.contains(session), "\(text)")

        // A refusal may be the session's: the next token is of another one.
        source.discard(token)
        let next = try await source.token(by: .now + .seconds(50))
        #expect(next != token)
        await http.shutdown()
    }
}
