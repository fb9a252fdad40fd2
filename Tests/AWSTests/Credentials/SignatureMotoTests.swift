import AWS
import Foundation
import Logging
import Synchronization
import Testing

/// Every call against a moto that checks signatures.
@Suite(.timeLimit(.minutes(2)))
struct SignatureMotoTests {
    private func client(
        _ server: MotoServer,
        _ credentials: AWSCredentials,
        logger: Logger? = nil
    ) throws -> AWSClient {
        AWSClient(
            region: try "us-east-1".region,
            account: MotoServer.account,
            credentials: StaticCredentials(credentials),
            runtime: try server.runtime(logger: logger)
        )
    }

    private var role: STS.AssumeRole {
        get throws {
            STS.AssumeRole(
                role: try #require(RoleARN("arn:aws:iam::\(MotoServer.account):role/customer")),
                externalID: "customer-1",
                sessionName: SessionName(customer: "7", job: "drain-node"),
                policy: try SessionPolicy(
                    .interruptionHandling,
                    region: "us-east-1".region,
                    clusterTag: AWSTag("kubernetes.io/cluster/shop", "owned")
                )
            )
        }
    }

    @Test func everyServiceAcceptsOurSignature() async throws {
        let (server, credentials) = try await MotoServer.checkingSignatures()
        let client = try client(server, credentials)
        let identity = try await client.sts.callerIdentity()
        #expect(identity.account == MotoServer.account)
        #expect(identity.arn.hasSuffix("user/fleet"))
        #expect(try await client.ec2.subnets().collect().count > 0)
        #expect(try await client.autoScaling.instances().collect().isEmpty)
        let queue = try QueueURL(
            "\(server.url)/\(MotoServer.account)/none",
            region: "us-east-1".region,
            endpoints: AWSEndpoints(common: server.url)
        )
        let error = await awsError { _ = try await client.sqs.attributes(of: queue) }
        #expect(error?.code == .notFound)
    }

    @Test func aRolesSessionIsAcceptedEverywhere() async throws {
        let (server, credentials) = try await MotoServer.checkingSignatures()
        let sessions = RoleSessions(base: StaticCredentials(credentials), runtime: try server.runtime())
        let client = sessions.client(try role, region: try "us-east-1".region)
        let identity = try await client.sts.callerIdentity()
        #expect(identity.arn.contains("assumed-role/customer/co-7-drain-node"))
        #expect(try await client.ec2.subnets().collect().count > 0)
        let provider = sessions.provider(try role, region: try "us-east-1".region)
        let one = try await provider.credentials()
        #expect(one == (try await provider.credentials()))
        #expect((one.expiration ?? .distantPast).timeIntervalSinceNow > 3000)
    }

    /// Moto reads policies as strictly as IAM.
    @Test(arguments: [
        SessionPolicy.Purpose.readOnly, .interruptionHandling, .ghostTermination,
        .queueIntake(queueARN: "arn:aws:sqs:us-east-1:123456789012:q"),
    ])
    func sessionPoliciesAreWellFormed(purpose: SessionPolicy.Purpose) async throws {
        let tag = AWSTag("kubernetes.io/cluster/shop", "owned")
        let policy = try SessionPolicy(purpose, region: "us-east-1".region, clusterTag: tag)
        let moto = try await MotoServer.shared()
        try await moto.call(
            "iam",
            version: "2010-05-08",
            [
                "Action": "CreatePolicy", "PolicyName": "policy-\(UUID().uuidString)",
                "PolicyDocument": policy.document,
            ]
        )
    }

    @Test func aWrongSecretFailsWithoutRepetition() async throws {
        let (server, credentials) = try await MotoServer.checkingSignatures()
        let wrong = AWSCredentials(accessKeyID: credentials.accessKeyID, secretAccessKey: "wrong")
        let counter = RequestCounter()
        let client = try client(server, wrong, logger: counter.logger)
        let errors = [
            await awsError { _ = try await client.ec2.subnets().collect() },
            await awsError { _ = try await client.sts.callerIdentity() },
            await awsError { _ = try await client.autoScaling.instances().collect() },
        ]
        #expect(errors.map { $0?.code } == [.invalidCredentials, .invalidCredentials, .invalidCredentials])
        #expect(
            errors.map { $0?.rawCode } == ["AuthFailure", "SignatureDoesNotMatch", "SignatureDoesNotMatch"]
        )
        #expect(errors.allSatisfy { $0?.isRetryable == false })
        #expect(counter.count == 3)
    }

    @Test func aRoleWithAWrongBaseIsAskedForOnce() async throws {
        let (server, credentials) = try await MotoServer.checkingSignatures()
        let wrong = AWSCredentials(accessKeyID: credentials.accessKeyID, secretAccessKey: "wrong")
        let counter = RequestCounter()
        let sessions = RoleSessions(
            base: StaticCredentials(wrong),
            runtime: try server.runtime(logger: counter.logger)
        )
        let client = sessions.client(try role, region: try "us-east-1".region)
        await withTaskGroup(of: AWSError.Code?.self) { group in
            for _ in 0..<50 {
                group.addTask { await awsError { _ = try await client.ec2.subnets().collect() }?.code }
            }
            for await code in group { #expect(code == .invalidCredentials) }
        }
        #expect(counter.count == 1)
    }
}

/// Counts the requests of an HTTP client by the lines of its log.
final class RequestCounter: Sendable {
    private let lines = Mutex<[String]>([])

    var count: Int { lines.withLock { $0.count } }
    var messages: [String] { lines.withLock { $0 } }
    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(counter: self) }
        logger.logLevel = .trace
        return logger
    }

    private struct Handler: LogHandler {
        let counter: RequestCounter
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            counter.lines.withLock { $0.append("\(event.message)") }
        }
    }
}
