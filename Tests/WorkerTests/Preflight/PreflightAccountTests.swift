import FoundationEssentials
import HTTPClient
import Jobs
import Logging
import Preflight
import Store
import TestKit
import Testing

@testable import Worker

/// What AWS says, from a simulated one that decides as IAM does: by who asks, and for which action.
@Suite("Preflight of accounts") struct PreflightAccountTests {
    private static let role = "arn:aws:iam::\(MotoServer.account):role/cloudoptim"
    private static let nowhere = ("https://127.0.0.1:1", "", "token")

    /// Runs a preflight of an account that takes `id`, `any` or `none` for external id (or is `nobody`'s), refuses what is
    /// denied, and fails with other codes, of which `OK` is to do it in earnest.
    private func with(
        trust: String = "id",
        denied: [AWSAction] = [],
        other: [AWSAction: String] = [:],
        hasMachine: Bool = true,
        _ body: (PreflightReport, _ inEarnest: [String]) throws -> Void
    ) async throws {
        func name(_ action: AWSAction) -> String {
            String(action.rawValue.split(separator: ":").last ?? "")
        }
        let server = try PythonServer(
            AccountScript.source,
            arguments: [
                trust, denied.map(name).joined(separator: ","),
                other.map { "\(name($0.key))=\($0.value)" }.joined(separator: ","), hasMachine ? "1" : "",
            ],
            isEncrypted: false
        )
        let url = "http://localhost:\(server.port)"
        let aws = [
            "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
        ]
        let queue = "\(url)/\(MotoServer.account)/events"
        try await Preflighting.with(Self.nowhere, aws: aws, role: Self.role, queue: queue) { preflighting in
            let report = try await preflighting.report()
            let http = HTTPClient(logger: Logger(label: "test"))
            let answer = try await http.execute(HTTPRequest(url: "\(url)/log")).body
            await http.shutdown()
            try body(report, try JSONDecoder().decode([String].self, from: Data(answer)))
        }
    }

    /// What AWS has no trial for.
    private static let untried: Set<AWSAction> = [
        .passRole, .createServiceLinkedRole, .getParameters, .terminateInAutoScalingGroup, .receiveMessage,
        .deleteMessage,
    ]

    @Test(.timeLimit(.minutes(1))) func aRoleWithEverythingIsAllowedEverythingThatCanBeTried() async throws {
        try await with { report, inEarnest in
            for action in AWSAction.allCases {
                let expected: CheckAnswer = Self.untried.contains(action) ? .unknown : .allowed
                #expect(report.check(action.id)?.answer == expected, "\(action)")
            }
            #expect(report.check("aws:role")?.answer == .allowed)
            #expect(report.check("aws:external_id")?.answer == .allowed)
            #expect(report.check("aws:queue")?.answer == .allowed)
            #expect(!report.findings.contains { $0.code == "confused_deputy" || $0.code.hasPrefix("queue") })
            #expect(!report.fixes.contains { $0.side == "aws" })
            #expect(inEarnest == [])
        }
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: Set(AWSAction.allCases).subtracting(untried).sorted()
    )
    func aRefusedActionIsNamedWithItsStatement(_ action: AWSAction) async throws {
        try await with(denied: [action]) { report, inEarnest in
            #expect(report.check(action.id)?.answer == .denied)
            let fixes = report.fixes.filter { $0.side == "aws" }
            #expect(!fixes.isEmpty && fixes.allSatisfy { $0.missing == [action.id] })
            #expect(fixes.allSatisfy { $0.text.contains("\"\(action.rawValue)\"") })
            #expect(!fixes.contains { $0.text.contains("<ACCOUNT_ID>") })
            #expect(inEarnest == [])
        }
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: ["InternalError", "InvalidParameterValue", "RequestLimitExceeded"]
    )
    func whateverElseIsAnsweredIsUnknown(_ code: String) async throws {
        try await with(other: [.deleteVolume: code, .describeSubnets: code]) { report, _ in
            #expect(report.check(AWSAction.deleteVolume.id)?.answer == .unknown)
            #expect(report.check(AWSAction.describeSubnets.id)?.answer == .unknown)
            #expect(report.check(AWSAction.terminateInstances.id)?.answer == .allowed)
            #expect(!report.fixes.contains { $0.side == "aws" })
        }
    }

    /// An endpoint that is none of AWS's, and takes no notice of `DryRun`, ends no machine.
    @Test(.timeLimit(.minutes(1))) func stopsAtTheFirstTrialThatIsNone() async throws {
        try await with(other: [.createTags: "OK", .terminateInstances: "OK"]) { report, inEarnest in
            #expect(inEarnest == ["CreateTags"])
            for action in [AWSAction.createTags, .terminateInstances, .deleteVolume, .runInstances] {
                #expect(report.check(action.id)?.answer == .unknown)
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func withoutAMachineNoChangeIsTried() async throws {
        try await with(hasMachine: false) { report, _ in
            #expect(report.check(AWSAction.terminateInstances.id)?.answer == .unknown)
            #expect(
                report.check(AWSAction.terminateInstances.id)?.reason?.contains("kubernetes.io/cluster/shop")
                    == true
            )
            #expect(report.check(AWSAction.describeInstances.id)?.answer == .allowed)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["none", "any"])
    func aRoleThatAsksForNoIDOfItsOwnIsGrave(_ trust: String) async throws {
        try await with(trust: trust) { report, _ in
            #expect(report.check("aws:external_id")?.answer == .denied)
            let finding = report.findings.first { $0.code == "confused_deputy" }
            #expect(finding?.severity == .high && finding?.fix?.contains("customer-7") == true)
        }
    }

    @Test(.timeLimit(.minutes(1))) func aRoleThatRefusesUsIsNoProofThatItRefusesStrangers() async throws {
        try await with(trust: "nobody") { report, _ in
            #expect(report.check("aws:role")?.answer == .denied)
            #expect(report.check("aws:external_id")?.answer == .unknown)
            #expect(report.check(AWSAction.describeInstances.id)?.answer == .denied)
            #expect(report.findings.contains { $0.code == "role_refused" })
        }
    }

    /// moto takes any external id, and knows `DryRun`.
    @Test(.timeLimit(.minutes(2))) func motoIsADeputyThatIsConfused() async throws {
        let moto = try await MotoServer.shared()
        try await Preflighting.with(Self.nowhere, aws: moto.environment, role: Self.role) { preflighting in
            let report = try await preflighting.report()
            #expect(report.check("aws:role")?.answer == .allowed)
            #expect(report.findings.contains { $0.code == "confused_deputy" && $0.severity == .high })
            for action in [
                AWSAction.describeInstances, .describeSubnets, .describeVolumes, .describeInstanceTypes,
                .describeSnapshots,
                .describeAutoScalingInstances,
            ] {
                #expect(report.check(action.id)?.answer == .allowed, "\(action)")
            }
            #expect(report.check("aws:queue")?.answer == .denied)
        }
    }

    /// One that refuses the harmless trial has not shown that it takes notice of `DryRun`.
    @Test(.timeLimit(.minutes(1))) func triesNothingWhereTrialsAreUnknown() async throws {
        let deaf: [AWSAction: String] = [
            .describeInstances: "OK", .terminateInstances: "OK", .deleteVolume: "OK",
        ]
        try await with(denied: [.createTags], other: deaf) { report, inEarnest in
            #expect(inEarnest == [])
            #expect(report.check(AWSAction.describeInstances.id)?.answer == .allowed)
            for action in [AWSAction.createTags, .terminateInstances, .deleteVolume, .runInstances] {
                #expect(report.check(action.id)?.answer == .unknown)
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func aProxysRefusalIsNoneOfAWS() async throws {
        try await with(other: [.terminateInstances: "Proxy", .describeVolumes: "Proxy"]) { report, _ in
            #expect(report.check(AWSAction.terminateInstances.id)?.answer == .unknown)
            #expect(report.check(AWSAction.describeVolumes.id)?.answer == .unknown)
            #expect(!report.fixes.contains { $0.side == "aws" })
        }
    }

    @Test(.timeLimit(.minutes(1))) func whatALaunchLacksIsNamed() async throws {
        try await with(other: [.runInstances: "needs iam:PassRole"]) { report, _ in
            #expect(report.check(AWSAction.passRole.id)?.answer == .denied)
            #expect(report.check(AWSAction.runInstances.id)?.answer == .unknown)
            let fixes = report.fixes.filter { $0.side == "aws" }
            #expect(fixes.map(\.missing) == [[AWSAction.passRole.id]])
            #expect(fixes.first?.text.contains("iam:PassedToService") == true)
        }
    }

    @Test(.timeLimit(.minutes(1))) func aQueueThatIsNotThereIsTold() async throws {
        try await with(other: [.getQueueAttributes: "QueueDoesNotExist"]) { report, _ in
            #expect(report.check("aws:queue")?.answer == .denied)
            #expect(report.findings.contains { $0.code == "queue_unusable" })
            #expect(!report.fixes.contains { $0.side == "aws" })
        }
    }

    @Test(.timeLimit(.minutes(1))) func saysWhyThereWasNothingToTryWith() async throws {
        try await with(denied: [.describeInstances]) { report, _ in
            let reason = report.check(AWSAction.terminateInstances.id)?.reason
            #expect(reason?.contains("ec2:DescribeInstances does not work") == true)
        }
    }
}
