import AWS
import Foundation
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CredentialsChainTests {
    let fake: FakeAWS

    init() throws { fake = try FakeAWS.started() }

    private func fetch(
        _ environment: [String: String],
        _ scenario: FakeScenario
    ) async throws -> AWSCredentials {
        let runtime = try scenario.runtime()
        let chain = CredentialsChain(
            environment: environment,
            region: try "us-east-1".region,
            runtime: runtime
        )
        return try await chain.fetch()
    }

    private func file(_ text: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test func theEnvironmentComesFirst() async throws {
        let scenario = fake.scenario("imds")
        let credentials = try await fetch(
            [
                "AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t",
                "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/r",
                "AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere",
            ],
            scenario
        )
        #expect(credentials.accessKeyID == "AKIAENV")
        #expect(credentials.sessionToken == "t")
        #expect(credentials.expiration == nil)
        let error = await awsError { _ = try await fetch(["AWS_ACCESS_KEY_ID": "AKIAENV"], scenario) }
        #expect(error?.code == .invalidCredentials)
    }

    @Test func aWebIdentityIsNotSigned() async throws {
        let scenario = fake.scenario("sts")
        let path = try file("header.payload.signature\n")
        let environment = [
            "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/fleet", "AWS_WEB_IDENTITY_TOKEN_FILE": path,
            "AWS_ROLE_SESSION_NAME": "pod-1",
        ]
        let credentials = try await fetch(environment, scenario)
        #expect(credentials.accessKeyID == "ASIA1")
        #expect((credentials.expiration ?? .distantPast).timeIntervalSinceNow > 3500)
        try "another.token.here".write(toFile: path, atomically: true, encoding: .utf8)
        _ = try await fetch(environment, scenario)
        let requests = try await scenario.requests()
        #expect(requests.allSatisfy { $0.headers["Authorization"] == nil })
        #expect(requests[0].body.contains("WebIdentityToken=header.payload.signature"))
        #expect(requests[0].body.contains("RoleSessionName=pod-1"))
        #expect(requests[1].body.contains("WebIdentityToken=another.token.here"))
    }

    @Test func aContainersAgentWantsItsToken() async throws {
        let scenario = fake.scenario("container")
        let path = try file("container token\n")
        let environment = [
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": scenario.url,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": path,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "not this one",
        ]
        #expect(try await fetch(environment, scenario).accessKeyID == "ASIACONTAINER")
    }

    @Test(arguments: [
        "http://169.254.169.254/latest", "http://10.0.0.1/", "http://example.com/",
        "http://localhost.evil.com/",
        "ftp://127.0.0.1/", "http://[::2]/", "http://127.0.0.1@evil.com/", "nonsense",
    ])
    func credentialsAreNotAskedForAnywhere(url: String) async {
        let error = await awsError {
            _ = try await fetch(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url], fake.scenario("imds"))
        }
        #expect(error?.code == .invalidRequest)
    }

    @Test func theMachinesRoleComesLast() async throws {
        let scenario = fake.scenario("imds")
        let environment = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": scenario.url]
        #expect(try await fetch(environment, scenario).accessKeyID == "ASIAIMDS")
        // More than once each, on a busy machine.
        let methods = try await scenario.requests().map(\.method)
        #expect(methods.first == "PUT")
        #expect(methods.count >= 3)
    }

    @Test func saysWhatWasLookedFor() async throws {
        let scenario = fake.scenario("no_role")
        for environment in [
            ["AWS_EC2_METADATA_SERVICE_ENDPOINT": scenario.url], ["AWS_EC2_METADATA_DISABLED": "true"],
            ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1"],
        ] {
            let error = await awsError { _ = try await fetch(environment, scenario) }
            #expect(error?.code == .noCredentials)
            #expect(error?.message.contains("environment has no access key") == true)
        }
    }

    @Test func aRoleIsTakenOnOncePerPolicy() async throws {
        let scenario = fake.scenario("sts")
        let base = StaticCredentials(AWSCredentials(accessKeyID: "AKIA", secretAccessKey: "s"))
        let region = try "us-east-1".region
        let sessions = RoleSessions(base: base, runtime: try scenario.runtime())
        let tag = AWSTag("kubernetes.io/cluster/shop", "owned")
        let role = try #require(RoleARN("arn:aws:iam::123456789012:role/customer"))
        let reading = STS.AssumeRole(
            role: role,
            externalID: "ext-1",
            sessionName: SessionName(customer: "7", job: "collect-metrics"),
            policy: try SessionPolicy(.readOnly, region: region, clusterTag: tag)
        )
        var other = reading
        other.policy = try SessionPolicy(.ghostTermination, region: region, clusterTag: tag)
        var stranger = reading
        stranger.externalID = "ext-2"
        for _ in 0..<3 {
            for request in [reading, other, stranger] {
                _ = try await sessions.provider(request, region: region).credentials()
            }
        }
        let bodies = try await scenario.requests().map(\.body)
        #expect(bodies.count == 3)
        #expect(bodies.filter { $0.contains("ExternalId=ext-1&") }.count == 2)
        #expect(bodies[0].contains("RoleSessionName=co-7-collect-metrics&"))
        #expect(bodies[0].contains("Policy=%7B%22Statement%22"))
        #expect(bodies[0].contains("DurationSeconds=3600"))
    }

    @Test func aRoleThatDoesNotTrustUsIsAskedForOnce() async throws {
        let scenario = fake.scenario("sts_denied")
        let base = StaticCredentials(AWSCredentials(accessKeyID: "AKIA", secretAccessKey: "s"))
        let sessions = RoleSessions(base: base, runtime: try scenario.runtime())
        let request = STS.AssumeRole(
            role: try #require(RoleARN("arn:aws:iam::123456789012:role/customer")),
            externalID: nil,
            sessionName: SessionName(customer: "7", job: "drain-node")
        )
        let client = sessions.client(request, region: try "us-east-1".region)
        for _ in 0..<20 {
            let error = await awsError { _ = try await client.ec2.subnets().collect() }
            #expect(error?.code == .accessDenied)
            #expect(error?.action == "sts:AssumeRole")
            #expect(error?.requestID == "req-3")
        }
        #expect(try await scenario.requests().count == 1)
    }

    @Test func tellsWhetherARoleNeedsItsExternalID() async throws {
        let base = AWSCredentials(accessKeyID: "AKIA", secretAccessKey: "s")
        let request = STS.AssumeRole(
            role: try #require(RoleARN("arn:aws:iam::123456789012:role/customer")),
            externalID: "ext-1",
            sessionName: SessionName(customer: "7", job: "register")
        )
        let careless = fake.scenario("sts")
        let open = try careless.client(credentials: StaticCredentials(base))
        #expect(try await open.sts.refusesWithoutExternalID(request) == false)
        #expect(try await careless.requests().allSatisfy { !$0.body.contains("ExternalId") })
        let careful = try fake.scenario("sts_denied").client(credentials: StaticCredentials(base))
        #expect(try await careful.sts.refusesWithoutExternalID(request))
    }
}
