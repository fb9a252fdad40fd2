import AWS
import FoundationEssentials
import Testing

@testable import Sandbox

/// The simulated AWS, called by the fleet's own client: what is signed, sent and read is what the fleet does.
@Suite("AWS services", .timeLimit(.minutes(1))) struct AWSServicesTests {
    private let account: CustomerAccount
    private let time = TestTime()

    init() throws {
        account = try .test(clusters: 4)
    }

    private func with(_ body: @escaping @Sendable (TestCloud) async throws -> Void) async throws {
        try await TestCloud.with(account, time, body)
    }

    private func eventually(_ condition: () -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(10)
        while !condition() {
            try #require(ContinuousClock.now < end)
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private func failure(_ body: () async throws -> Void) async -> AWSError? {
        await #expect(throws: AWSError.self) { try await body() }
    }

    @Test func givesTheRoleToWhoKnowsTheExternalID() async throws {
        let account = account
        try await with { cloud in
            #expect(try await cloud.fleet.sts.callerIdentity().arn == STSService.fleetARN)
            let customer = try await cloud.customer()
            let identity = try await customer.sts.callerIdentity()
            #expect(identity.account == CustomerAccount.id)
            #expect(identity.arn.hasPrefix("arn:aws:sts::\(CustomerAccount.id):assumed-role/CloudOptim/"))
            let name = SessionName(customer: "customer", job: "test")
            let request = STS.AssumeRole(role: cloud.role, externalID: "another-one", sessionName: name)
            #expect(
                await failure { _ = try await cloud.fleet.sts.assumeRole(request) }?.code == .accessDenied
            )
            #expect(try await cloud.fleet.sts.refusesWithoutExternalID(request))
            // A session takes on nothing, and without the role there is nothing to see.
            #expect(await failure { _ = try await customer.sts.assumeRole(request) }?.code == .accessDenied)
            let denied = await failure { _ = try await cloud.fleet.ec2.instances(filters: []).collect() }
            #expect(denied?.rawCode == "UnauthorizedOperation")
            account.externalID = nil
            #expect(await failure { _ = try await cloud.customer() }?.code == .accessDenied)
        }
    }

    @Test func checksSignaturesAndSessions() async throws {
        let (account, time) = (account, time)
        try await with { cloud in
            func client(_ credentials: AWSCredentials) -> AWSClient {
                AWSClient(
                    region: cloud.region,
                    account: "x",
                    credentials: StaticCredentials(credentials),
                    runtime: cloud.runtime
                )
            }
            let key = account.keys.fleet
            let forged = client(AWSCredentials(accessKeyID: key.id, secretAccessKey: "wrong"))
            let wrong = await failure { _ = try await forged.sts.callerIdentity() }
            #expect(wrong?.rawCode == "SignatureDoesNotMatch")
            let stranger = client(AWSCredentials(accessKeyID: "AKIANOBODY", secretAccessKey: "x"))
            #expect(
                await failure { _ = try await stranger.sts.callerIdentity() }?.rawCode
                    == "InvalidClientTokenId"
            )
            #expect(
                await failure { _ = try await stranger.ec2.instances(filters: []).collect() }?.rawCode
                    == "AuthFailure"
            )
            let unsigned = AWSClient(
                region: cloud.region,
                account: "x",
                credentials: nil,
                runtime: cloud.runtime
            )
            let missing = await failure { _ = try await unsigned.sts.callerIdentity() }
            #expect(missing?.rawCode == "MissingAuthenticationToken")
            // A session that is not ours, and one that is over.
            let now = Date().timeIntervalSince1970
            let other = KeyRing(secret: [1, 2, 3])
            for (ring, end, code) in [
                (other, now + 900, "InvalidClientTokenId"), (account.keys, now - 1, "ExpiredToken"),
            ] {
                let session = ring.session(of: CustomerAccount.roleARN, name: "x1", nonce: "n", until: end)
                let client = client(
                    AWSCredentials(
                        accessKeyID: session.id,
                        secretAccessKey: session.secret,
                        sessionToken: session.token
                    )
                )
                #expect(await failure { _ = try await client.sts.callerIdentity() }?.rawCode == code)
            }
            time.pass(400)
            #expect(
                await failure { _ = try await cloud.fleet.sts.callerIdentity() } != nil,
                "an old signature"
            )
        }
    }

    @Test func keepsSessionsToTheirPurpose() async throws {
        let cluster = account.fleet.clusters[0]
        try await with { cloud in
            let queue = try QueueURL(
                CustomerAccount.queueURL,
                region: cloud.region,
                endpoints: cloud.runtime.endpoints
            )
            let reader = try await cloud.customer(.queueIntake(queueARN: queue.arn))
            #expect(try await reader.sqs.receive(from: queue, wait: .zero).isEmpty)
            let looking = await failure { _ = try await reader.ec2.instances(filters: []).collect() }
            #expect(looking?.code == .accessDenied)
            let rescuer = try await cloud.customer(.interruptionHandling)
            #expect(await failure { _ = try await rescuer.sqs.receive(from: queue) }?.code == .accessDenied)
            let network = cluster.model.network
            func launch(_ tags: [AWSTag]) async throws -> [String] {
                try await rescuer.ec2.createFleet(
                    EC2.CreateFleet(
                        template: .init(id: network.templateID),
                        overrides: network.subnets.map { .init(instanceType: "m5.large", subnetID: $0.id) },
                        market: .onDemand,
                        tags: tags,
                        token: IdempotencyToken(job: "job", step: "\(tags.count)", epoch: 0)
                    )
                ).instanceIDs
            }
            #expect(
                await failure { _ = try await launch([AWSTag("a", "b")]) }?.rawCode == "UnauthorizedOperation"
            )
            let own = try await launch([AWSTag("kubernetes.io/cluster/sandbox-1", "owned"), AWSTag("a", "b")])
            let other = try await cloud.customer(.interruptionHandling, cluster: "sandbox-4")
            #expect(await failure { _ = try await other.ec2.terminateInstances(own) }?.code == .accessDenied)
            #expect(try await rescuer.ec2.terminateInstances(own).count == 1)
        }
    }

    @Test func tellsOfMachines() async throws {
        let model = account.fleet.clusters[0].model
        try await with { cloud in
            let ec2 = try await cloud.customer().ec2
            let tag = EC2.Filter.tag("kubernetes.io/cluster/\(model.name)", "owned")
            let all = try await ec2.instances(filters: [tag], pageSize: 5).collect()
            #expect(Set(all.map(\.id)) == Set(model.nodes.map(\.instanceID)))
            let first = try #require(all.first { $0.id == model.nodes[0].instanceID })
            #expect(first.state == .running && first.market == .spot && first.zone == model.nodes[0].zone)
            #expect(first.type == model.nodes[0].instanceType.name && first.owner == CustomerAccount.id)
            #expect(first.launchTemplate?.version == "1" && first.privateDNSName == model.nodes[0].name)
            #expect(try await ec2.instances(filters: [tag, .states([.pending])]).collect().isEmpty)
            let unknown = await failure { _ = try await ec2.instances(ids: [first.id, "i-0abc"]) }
            #expect(unknown?.rawCode == "InvalidInstanceID.NotFound")
            let subnet = try #require(first.subnetID)
            let mine = try #require(try await ec2.subnets(ids: [subnet]).collect().first)
            let network = try #require(mine.vpcID)
            let subnets = try await ec2.subnets(
                filters: [
                    .init("vpc-id", [network]), .tagKey("kubernetes.io/cluster/\(model.name)"),
                    .init("state", ["available"]),
                ]
            ).collect()
            #expect(Set(subnets.map(\.zone)).count == 3)
            let types = try await ec2.instanceTypes(
                filters: [
                    .init("processor-info.supported-architecture", ["x86_64"]),
                    .init("bare-metal", ["false"]),
                ]
            ).collect()
            #expect(types.count >= 15 && types.allSatisfy { $0.usageClasses.contains("spot") })
            let large = try #require(types.first { $0.name == "m5.large" })
            #expect(large.vCPUs == 2 && large.memory == 8192 && large.networkInterfaces == 3)
            let template = EC2.LaunchTemplate(id: model.network.templateID)
            let version = try #require(try await ec2.launchTemplateVersions(of: template).collect().first)
            #expect(version.hasUserData && version.imageID == model.network.imageID)
            #expect(try await !ec2.instanceStatuses().collect().isEmpty)
            #expect(try await !ec2.spotPrices(instanceTypes: ["m5.large"], from: Date()).collect().isEmpty)
        }
    }

    @Test func launchesOnceForEachToken() async throws {
        let (cluster, time) = (account.fleet.clusters[0], time)
        try await with { cloud in
            let ec2 = try await cloud.customer().ec2
            let network = cluster.model.network
            let types = InstanceType.offered.filter { $0.architecture == "amd64" }.map(\.name)
            var request = EC2.CreateFleet(
                template: .init(id: network.templateID),
                overrides: types.flatMap { type in
                    network.subnets.map { .init(instanceType: type, subnetID: $0.id) }
                },
                market: .spot,
                tags: [
                    AWSTag("kubernetes.io/cluster/\(cluster.model.name)", "owned"), AWSTag("a", "1 & <2>"),
                ],
                token: IdempotencyToken(job: "job", step: "fleet", epoch: 0)
            )
            try await ec2.dryRun(.createFleet(request))
            let first = try await ec2.createFleet(request)
            let id = try #require(first.instanceIDs.first)
            #expect(first.instanceIDs.count == 1 && first.launches.first?.market == "spot")
            #expect(try await ec2.createFleet(request).instanceIDs == [id])
            request.capacity = 2
            let mismatch = await failure { _ = try await ec2.createFleet(request) }
            #expect(mismatch?.code == .idempotencyMismatch)
            let pending = try #require(try await ec2.instances(ids: [id]).first)
            #expect(pending.state == .pending && pending.tags["a"] == "1 & <2>")
            time.pass(cluster.at(0) { $0.pace.bootSeconds } + 1)
            #expect(try await ec2.instances(ids: [id]).first?.state == .running)
            let now = Date().timeIntervalSince1970 + 100
            #expect(cluster.at(now) { state in state.nodes.values.contains { $0.instanceID == id } })
            let changes = try await ec2.terminateInstances([id])
            #expect(changes.first?.previous == .running && changes.first?.current == .shuttingDown)
            #expect(!cluster.at(now) { state in state.nodes.values.contains { $0.instanceID == id } })
        }
    }

    @Test func refusesWhatCannotBeLaunched() async throws {
        let cluster = account.fleet.clusters[0]
        // The fourth is of the same region.
        let neighbour = account.fleet.clusters[3]
        try await with { cloud in
            let ec2 = try await cloud.customer().ec2
            func launch(_ type: String, _ subnet: String?, _ template: String, _ step: String) async throws {
                _ = try await ec2.runInstances(
                    EC2.RunInstances(
                        template: .init(id: template),
                        instanceType: type,
                        subnetID: subnet,
                        market: .spot,
                        token: IdempotencyToken(job: "job", step: step, epoch: 0)
                    )
                )
            }
            let network = cluster.model.network
            let none = await failure { try await launch("m5.large", network.subnets[0].id, "lt-0abc", "1") }
            #expect(none?.rawCode == "InvalidLaunchTemplateId.NotFoundException")
            let missing = await failure { try await launch("m5.large", nil, network.templateID, "2") }
            #expect(missing?.rawCode == "VPCIdNotSpecified")
            let others = neighbour.model.network.subnets[0].id
            let foreign = await failure { try await launch("m5.large", others, network.templateID, "3") }
            #expect(foreign?.rawCode == "InvalidParameter")
            let dry = InstanceType.offered.flatMap { type in network.subnets.map { (type, $0) } }
                .first { SpotPool(type: $0.0, zone: $0.1.zone).isDry }
            let (type, subnet) = try #require(dry)
            let override = EC2.CreateFleet.Override(instanceType: type.name, subnetID: subnet.id)
            let fleet = try await ec2.createFleet(
                EC2.CreateFleet(
                    template: .init(id: network.templateID),
                    overrides: [override],
                    market: .spot,
                    token: IdempotencyToken(job: "job", step: "4", epoch: 0)
                )
            )
            #expect(fleet.instanceIDs.isEmpty)
            #expect(fleet.refusals.map(\.code) == [.insufficientCapacity])
            #expect(fleet.refusals.first?.zone == subnet.zone)
        }
    }

    @Test func keepsMessagesUntilTheyAreDeleted() async throws {
        let (account, time) = (account, time)
        try await with { cloud in
            let sqs = try await cloud.customer().sqs
            let queue = try QueueURL(
                CustomerAccount.queueURL,
                region: cloud.region,
                account: CustomerAccount.id,
                endpoints: cloud.runtime.endpoints
            )
            #expect(queue.arn == CustomerAccount.queueARN)
            #expect(try await sqs.receive(from: queue, wait: .seconds(1)).isEmpty)
            async let waiting = sqs.receive(from: queue, wait: .seconds(20), visibility: .seconds(60))
            _ = account.queue.send("é < & \"", at: Date().timeIntervalSince1970)
            let first = try #require(try await waiting.first)
            #expect(first.body == "é < & \"" && first.receiveCount == 1)
            #expect(try await sqs.receive(from: queue, wait: .zero).isEmpty)
            #expect(try await sqs.attributes(of: queue).inFlight == 1)
            time.pass(61)
            let second = try #require(try await sqs.receive(from: queue, wait: .zero).first)
            #expect(second.id == first.id && second.receiveCount == 2)
            try await sqs.changeVisibility(of: second.receipt, in: queue, to: .zero)
            let third = try #require(try await sqs.receive(from: queue, wait: .zero).first)
            let failures = try await sqs.delete([third.receipt, "no receipt"], from: queue)
            #expect(failures.map(\.rawCode) == ["ReceiptHandleIsInvalid"])
            time.pass(100)
            #expect(try await sqs.receive(from: queue, wait: .zero).isEmpty)
        }
    }

    @Test func takesNoMessageForAClientThatHasGone() async throws {
        let account = account
        try await with { cloud in
            let sqs = try await cloud.customer().sqs
            let queue = try QueueURL(
                CustomerAccount.queueURL,
                region: cloud.region,
                endpoints: cloud.runtime.endpoints
            )
            let poll = Task { try await sqs.receive(from: queue, wait: .seconds(20)) }
            try await eventually { account.queue.waiting == 1 }
            poll.cancel()
            _ = try? await poll.value
            try await eventually { account.queue.waiting == 0 }
            _ = account.queue.send("a warning", at: Date().timeIntervalSince1970)
            #expect(try await sqs.receive(from: queue, wait: .seconds(5)).first?.receiveCount == 1)
        }
    }
}
