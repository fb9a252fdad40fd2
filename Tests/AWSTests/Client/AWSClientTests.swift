import AWS
import Foundation
import TestKit
import Testing

/// How calls fail and are repeated, against a server that misbehaves.
@Suite(.timeLimit(.minutes(1)))
struct AWSClientTests {
    let fake: FakeAWS

    init() throws { fake = try FakeAWS.started() }

    private func subnets(_ scenario: FakeScenario, _ client: AWSClient? = nil) async -> AWSError? {
        await awsError { _ = try await (client ?? scenario.client()).ec2.subnets().collect() }
    }

    @Test(arguments: ["throttled", "flaky", "drops"]) func repeatsWhatPasses(name: String) async throws {
        let scenario = fake.scenario(name)
        #expect(await subnets(scenario) == nil)
        let requests = try await scenario.requests()
        #expect(requests.count == 3)
        // Each attempt is signed anew.
        #expect(requests.allSatisfy { $0.headers["Authorization"] != nil })
    }

    @Test func doublesThePauses() async throws {
        let scenario = fake.scenario("broken")
        let error = await subnets(scenario)
        #expect(error?.code == .serverError)
        #expect(error?.rawCode == "InternalError")
        #expect(error?.requestID == "req-1")
        #expect(error?.mayHaveHappened == true)
        #expect(scenario.clock.sleeps == [.milliseconds(500), .seconds(1), .seconds(2)])
        #expect(try await scenario.requests().count == 4)
    }

    @Test func waitsAsLongAsIsAsked() async throws {
        let scenario = fake.scenario("later")
        #expect(await subnets(scenario) == nil)
        #expect(scenario.clock.sleeps == [.seconds(7)])
    }

    @Test func sqsThrottlesComeAs403() async throws {
        let scenario = fake.scenario("sqs_throttled")
        let messages = try await scenario.client().sqs.receive(from: scenario.queue(), wait: .zero)
        #expect(messages.isEmpty)
        #expect(try await scenario.requests().count == 3)
    }

    @Test func knowsOldNamesOfSQSErrors() async throws {
        let scenario = fake.scenario("sqs_old_name")
        let error = await awsError {
            _ = try await scenario.client().sqs.receive(from: scenario.queue(), wait: .zero)
        }
        #expect(error?.code == .notFound)
        #expect(error?.rawCode == "AWS.SimpleQueueService.NonExistentQueue")
        #expect(error?.requestID == "req-2")
    }

    @Test func tellsWhichMessagesWereNotDeleted() async throws {
        let scenario = fake.scenario("partly_deleted")
        let failures = try await scenario.client().sqs.delete(["a", "b"], from: scenario.queue())
        #expect(failures.map(\.receipt) == ["b"])
        #expect(failures.map(\.rawCode) == ["ReceiptHandleIsInvalid"])
    }

    @Test(arguments: [
        ("dry_pool", AWSError.Code.insufficientCapacity), ("denied", .accessDenied),
        ("wrong_secret", .invalidCredentials), ("portal", .invalidResponse), ("redirect", .invalidResponse),
    ])
    func neverRepeatsWhatCannotPass(name: String, code: AWSError.Code) async throws {
        let scenario = fake.scenario(name)
        let error = await subnets(scenario)
        #expect(error?.code == code)
        #expect(error?.isRetryable == false)
        #expect(try await scenario.requests().count == 1)
    }

    @Test func showsNoMoreOfMessagesThanHelps() async throws {
        let denied = try #require(await subnets(fake.scenario("denied")))
        #expect(denied.message.hasSuffix("ec2:DescribeSubnets."))
        let secret = try #require(await subnets(fake.scenario("wrong_secret")))
        #expect(!"\(secret)".contains("hunter2"))
    }

    @Test(arguments: ["clock", "clock_ec2"]) func correctsOurClockOnce(name: String) async throws {
        let scenario = fake.scenario(name)
        let client = try scenario.client()
        #expect(await subnets(scenario, client) == nil)
        #expect(try await scenario.requests().count == 2)
        #expect(await subnets(scenario, client) == nil)
        #expect(try await scenario.requests().count == 3)
    }

    @Test func givesUpOnAClockThatIsNeverRight() async throws {
        let scenario = fake.scenario("clock_never")
        #expect(await subnets(scenario)?.code == .clockSkew)
        #expect(try await scenario.requests().count == 2)
    }

    @Test func renewsExpiredCredentialsOnce() async throws {
        let scenario = fake.scenario("expired")
        let source = SequenceSource(["stale", "fresh"])
        let client = try scenario.client(credentials: CredentialsCache(source))
        #expect(await subnets(scenario, client) == nil)
        #expect(try await scenario.requests().count == 2)

        let hopeless = fake.scenario("expired")
        let stale = SequenceSource(["one", "two", "three", "four"])
        let other = try hopeless.client(credentials: CredentialsCache(stale))
        #expect(await subnets(hopeless, other)?.code == .expiredCredentials)
        #expect(try await hopeless.requests().count == 2)
    }

    @Test func endsAtTheDeadline() async throws {
        let scenario = fake.scenario("hang")
        let client = try scenario.client().until(.now + .milliseconds(300))
        let start = ContinuousClock.now
        #expect(await subnets(scenario, client)?.code == .timedOut)
        #expect(ContinuousClock.now - start < .seconds(5))

        let busy = fake.scenario("later")
        let soon = try busy.client().until(.now + .seconds(5))
        #expect(await subnets(busy, soon)?.code == .serverError)
        #expect(busy.clock.sleeps.isEmpty)
    }

    @Test func endsWhenItIsCancelled() async throws {
        let scenario = fake.scenario("hang")
        let client = try scenario.client()
        let task = Task { await subnets(scenario, client) }
        task.cancel()
        #expect(await task.value?.code == .cancelled)
    }

    @Test func doesNotCopyAVolumeTwice() async throws {
        for name in ["broken", "half", "drops"] {
            let scenario = fake.scenario(name)
            let error = await awsError {
                _ = try await scenario.client().ec2.createSnapshot(EC2.CreateSnapshot(volumeID: "vol-1"))
            }
            #expect(error?.mayHaveHappened == true)
            #expect(try await scenario.requests().count == 1)
        }
        // A throttle says that nothing was done.
        let scenario = fake.scenario("throttled")
        _ = await awsError {
            _ = try await scenario.client().ec2.createSnapshot(EC2.CreateSnapshot(volumeID: "vol-1"))
        }
        #expect(try await scenario.requests().count == 3)
    }

    @Test func aGroupDoesNotShrinkTwice() async throws {
        let scenario = fake.scenario("broken")
        _ = await awsError { try await scenario.client().autoScaling.terminate("i-1", isReplaced: false) }
        #expect(try await scenario.requests().count == 1)
    }

    @Test func fewCallsAreRepeatedWhenAllFail() async throws {
        let scenario = fake.scenario("broken")
        let client = try scenario.client()
        for _ in 0..<30 { _ = await subnets(scenario, client) }
        // The budget allows 20 repetitions.
        #expect(try await scenario.requests().count == 50)
    }

    @Test func oneAccountsThrottleSlowsAllWhoCallForIt() async throws {
        let scenario = fake.scenario("always_throttled")
        let retry = AWSRetrySettings(timeout: .seconds(10), attempts: 1)
        let runtime = try scenario.runtime(retry: retry)
        let key = StaticCredentials(AWSCredentials(accessKeyID: "AKIAFAKE", secretAccessKey: "secret"))
        let region = try "us-east-1".region
        func client(_ account: String) -> AWSClient {
            AWSClient(region: region, account: account, credentials: key, runtime: runtime)
        }
        #expect(await subnets(scenario, client("1"))?.code == .throttled)
        #expect(scenario.clock.sleeps.isEmpty)
        #expect(await subnets(scenario, client("2"))?.code == .throttled)
        #expect(scenario.clock.sleeps.isEmpty)
        #expect(await subnets(scenario, client("1"))?.code == .throttled)
        #expect(scenario.clock.sleeps.count == 1)
        // Who has no time fails at once, and nothing is sent.
        let hasty = client("1").until(.now + .milliseconds(100))
        #expect(await subnets(scenario, hasty)?.code == .throttled)
        #expect(try await scenario.requests().count == 3)
    }

    @Test func pagesEndWithAnEmptyToken() async throws {
        let scenario = fake.scenario("pages")
        let subnets = try await scenario.client().ec2.subnets().collect()
        #expect(subnets.map(\.id) == ["s1", "s2"])
        #expect(try await scenario.requests().count == 3)
    }

    @Test func pagesCannotLoop() async throws {
        let scenario = fake.scenario("loop")
        #expect(await subnets(scenario)?.code == .invalidResponse)
        #expect(try await scenario.requests().count == 2)
        let endless = fake.scenario("endless")
        #expect(await subnets(endless)?.code == .invalidResponse)
        #expect(try await endless.requests().count == 2000)
    }

    @Test func tellsWhatAFleetCouldNotLaunch() async throws {
        let scenario = fake.scenario("fleet")
        let result = try await scenario.client().ec2.createFleet(
            EC2.CreateFleet(
                template: EC2.LaunchTemplate(id: "lt-1", version: "3"),
                overrides: [
                    EC2.CreateFleet.Override(instanceType: "m5.large", subnetID: "subnet-a", priority: 1.5)
                ],
                market: .spot,
                tags: [AWSTag("kubernetes.io/cluster/shop", "owned")],
                token: IdempotencyToken(job: "job-1", step: "launch", epoch: 0)
            )
        )
        #expect(result.instanceIDs.isEmpty)
        #expect(result.refusals.map(\.code) == [.insufficientCapacity, .quotaExceeded, .accessDenied])
        #expect(result.refusals.map(\.zone) == ["a", "b", "c"])
        #expect(result.refusals.map(\.instanceType) == ["m5.large", "m5.xlarge", "c5.large"])

        let body = try #require(try await scenario.requests().first).body
        let token = IdempotencyToken(job: "job-1", step: "launch", epoch: 0).text
        let expected = [
            "Action=CreateFleet", "Version=2016-11-15", "Type=instant", "ClientToken=\(token)",
            "TargetCapacitySpecification.TotalTargetCapacity=1",
            "TargetCapacitySpecification.DefaultTargetCapacityType=spot",
            "SpotOptions.AllocationStrategy=price-capacity-optimized",
            "LaunchTemplateConfigs.1.LaunchTemplateSpecification.LaunchTemplateId=lt-1",
            "LaunchTemplateConfigs.1.LaunchTemplateSpecification.Version=3",
            "LaunchTemplateConfigs.1.Overrides.1.InstanceType=m5.large",
            "LaunchTemplateConfigs.1.Overrides.1.SubnetId=subnet-a",
            "LaunchTemplateConfigs.1.Overrides.1.Priority=1.5", "TagSpecification.1.ResourceType=instance",
            "TagSpecification.1.Tag.1.Key=kubernetes.io%2Fcluster%2Fshop",
            "TagSpecification.1.Tag.1.Value=owned",
            "TagSpecification.2.ResourceType=volume",
            "TagSpecification.2.Tag.1.Key=kubernetes.io%2Fcluster%2Fshop",
            "TagSpecification.2.Tag.1.Value=owned",
            "TagSpecification.3.ResourceType=fleet",
            "TagSpecification.3.Tag.1.Key=kubernetes.io%2Fcluster%2Fshop",
            "TagSpecification.3.Tag.1.Value=owned",
        ]
        #expect(body.split(separator: "&").map(String.init) == expected)
    }

    @Test func aTrialTellsWhetherTheRoleAllowsIt() async throws {
        let mutation = EC2.Mutation.terminateInstances(["i-1"])
        try await fake.scenario("dry_run").client().ec2.dryRun(mutation)
        let denied = await awsError {
            try await fake.scenario("dry_run_denied").client().ec2.dryRun(mutation)
        }
        #expect(denied?.code == .accessDenied)
        let ignored = await awsError {
            try await fake.scenario("dry_run_ignored").client().ec2.dryRun(mutation)
        }
        #expect(ignored?.code == .invalidResponse)
        #expect(ignored?.mayHaveHappened == true)
    }

    @Test func escapesWildcardsInFilters() async throws {
        let scenario = fake.scenario("pages")
        _ = try await scenario.client().ec2.subnets(filters: [.tag("a", #"s*?\p"#)]).collect()
        let body = try #require(try await scenario.requests().first).body
        #expect(body.contains("Filter.1.Name=tag%3Aa&Filter.1.Value.1=s%5C%2A%5C%3F%5C%5Cp&"))
    }
}

/// Gives keys with these session tokens, one after the other.
actor SequenceSource: CredentialsSource {
    private var tokens: [String]
    private(set) var count = 0
    private let lifetime: TimeInterval

    init(_ tokens: [String], lifetime: TimeInterval = 3600) {
        self.tokens = tokens
        self.lifetime = lifetime
    }

    func fetch() async throws(AWSError) -> AWSCredentials {
        count += 1
        guard !tokens.isEmpty else { throw AWSError(.accessDenied, "no more") }
        return AWSCredentials(
            accessKeyID: "ASIA\(count)",
            secretAccessKey: "secret",
            sessionToken: tokens.removeFirst(),
            expiration: Date().addingTimeInterval(lifetime)
        )
    }
}
