import AWS
import Foundation
import Testing

/// EC2 against moto.
@Suite(.timeLimit(.minutes(2)))
struct EC2MotoTests {
    let moto: MotoServer
    let client: AWSClient
    let image = "ami-12c6146b"

    init() async throws {
        moto = try await MotoServer.shared()
        client = try moto.client()
    }

    private func token(_ name: String = #function) -> IdempotencyToken {
        IdempotencyToken(job: UUID().uuidString, step: name, epoch: 0)
    }

    private func anySubnet() async throws -> EC2.Subnet {
        try #require(try await client.ec2.subnets().collect().first)
    }

    private func makeTemplate() async throws -> EC2.LaunchTemplate {
        let name = "template-\(UUID().uuidString)"
        let answer = try await moto.call(
            "ec2",
            version: "2016-11-15",
            [
                "Action": "CreateLaunchTemplate", "LaunchTemplateName": name,
                "LaunchTemplateData.ImageId": image, "LaunchTemplateData.InstanceType": "m5.large",
                "LaunchTemplateData.UserData": "c2VjcmV0",
                "LaunchTemplateData.TagSpecification.1.ResourceType": "instance",
                "LaunchTemplateData.TagSpecification.1.Tag.1.Key": "team",
                "LaunchTemplateData.TagSpecification.1.Tag.1.Value": "shop",
            ]
        )
        let id = try #require(answer.child("launchTemplate")?.child("launchTemplateId")?.text)
        return EC2.LaunchTemplate(id: id, version: "1")
    }

    @Test func runsFindsTagsAndTerminatesAnInstance() async throws {
        let subnet = try await anySubnet()
        let cluster = "cluster-\(UUID().uuidString)"
        var request = EC2.RunInstances(
            instanceType: "m5.large",
            subnetID: subnet.id,
            market: .onDemand,
            token: token()
        )
        request.imageID = image
        request.tags = [AWSTag("kubernetes.io/cluster/\(cluster)", "owned"), AWSTag("empty", "")]
        let launched = try #require(try await client.ec2.runInstances(request).first)
        #expect(launched.type == "m5.large")
        #expect(launched.subnetID == subnet.id)
        #expect(launched.owner == MotoServer.account)

        let filter = EC2.Filter.tag("kubernetes.io/cluster/\(cluster)", "owned")
        let found = try await client.ec2.instances(filters: [filter, .states([.pending, .running])]).collect()
        let instance = try #require(found.first)
        #expect(found.count == 1)
        #expect(instance.id == launched.id)
        #expect(instance.state == .running)
        #expect(instance.market == .onDemand)
        #expect(instance.zone == subnet.zone)
        #expect(instance.tags["empty"] == "")
        #expect(instance.providerID == "aws:///\(subnet.zone)/\(instance.id)")
        #expect(instance.launched.map { abs($0.timeIntervalSinceNow) < 120 } == true)
        #expect(instance.volumeIDs.count == 1)

        try await client.ec2.createTags([AWSTag("one", "1"), AWSTag("two", "2")], on: [instance.id])
        try await client.ec2.deleteTags(["one"], on: [instance.id])
        let tags = try #require(try await client.ec2.instances(ids: [instance.id]).first).tags
        #expect(tags["one"] == nil)
        #expect(tags["two"] == "2")

        let change = try await client.ec2.terminateInstances([instance.id])
        #expect(change.map(\.id) == [instance.id])
        #expect(change.first?.previous == .running)
        let gone = try #require(try await client.ec2.instances(ids: [instance.id]).first)
        #expect(gone.state == .terminated)
    }

    @Test func runsASpotInstance() async throws {
        var request = EC2.RunInstances(instanceType: "m5.large", market: .spot, token: token())
        request.imageID = image
        let launched = try #require(try await client.ec2.runInstances(request).first)
        let instance = try #require(try await client.ec2.instances(ids: [launched.id]).first)
        #expect(instance.market == .spot)
    }

    @Test func pagesThroughInstances() async throws {
        let mark = UUID().uuidString
        var request = EC2.RunInstances(instanceType: "t3.micro", market: .onDemand, token: token())
        request.imageID = image
        request.count = 12
        request.tags = [AWSTag("mark", mark)]
        #expect(try await client.ec2.runInstances(request).count == 12)
        var pages: [Int] = []
        var ids: Set<String> = []
        for try await page in client.ec2.instances(filters: [.tag("mark", mark)], pageSize: 5) {
            pages.append(page.count)
            ids.formUnion(page.map(\.id))
        }
        #expect(ids.count == 12)
        _ = try await client.ec2.terminateInstances(Array(ids))
    }

    @Test func saysWhichInstanceIsUnknown() async throws {
        let error = await awsError { _ = try await client.ec2.instances(ids: ["i-0123456789abcdef0"]) }
        #expect(error?.code == .notFound)
        #expect(error?.rawCode == "InvalidInstanceID.NotFound")
        #expect(error?.action == "ec2:DescribeInstances")
        #expect(error?.requestID != nil)
        #expect(error?.isRetryable == false)
    }

    @Test(arguments: [EC2.Market.spot, .onDemand]) func createsAFleet(market: EC2.Market) async throws {
        let template = try await makeTemplate()
        let subnet = try await anySubnet()
        let mark = UUID().uuidString
        let result = try await client.ec2.createFleet(
            EC2.CreateFleet(
                template: template,
                overrides: ["m5.large", "m5a.large", "m6i.large"].map {
                    EC2.CreateFleet.Override(instanceType: $0, subnetID: subnet.id)
                },
                market: market,
                tags: [AWSTag("mark", mark)],
                token: token()
            )
        )
        #expect(result.fleetID?.hasPrefix("fleet-") == true)
        #expect(result.refusals.isEmpty)
        let launch = try #require(result.launches.first)
        #expect(launch.market == market.rawValue)
        #expect(launch.instanceType == "m5.large")
        let id = try #require(result.instanceIDs.first)
        let instance = try #require(try await client.ec2.instances(ids: [id]).first)
        #expect(instance.subnetID == subnet.id)
        #expect(instance.tags["team"] == "shop")
        _ = try await client.ec2.terminateInstances([id])
    }

    @Test func readsALaunchTemplate() async throws {
        let template = try await makeTemplate()
        let version = try #require(
            try await client.ec2.launchTemplateVersions(of: template).collect().first
        )
        #expect(version.version == 1)
        #expect(version.imageID == image)
        #expect(version.instanceType == "m5.large")
        #expect(version.hasUserData)
        #expect(version.instanceTags == ["team": "shop"])
        let missing = EC2.LaunchTemplate(id: "lt-0123456789abcdef0")
        let error = await awsError { _ = try await client.ec2.launchTemplateVersions(of: missing).collect() }
        #expect(error?.code == .notFound)
    }

    @Test func readsTypesPricesAndStatuses() async throws {
        let types = try await client.ec2.instanceTypes(["m5.large", "m6g.large", "g4dn.xlarge"]).collect()
        let byName = Dictionary(uniqueKeysWithValues: types.map { ($0.name, $0) })
        let m5 = try #require(byName["m5.large"])
        #expect(m5.vCPUs == 2)
        #expect(m5.memory == 8192)
        #expect(m5.architectures == ["x86_64"])
        #expect(m5.usageClasses.contains("spot"))
        #expect(m5.networkInterfaces == 3)
        #expect(m5.addressesPerInterface == 10)
        #expect(!m5.hasAccelerators)
        #expect(byName["m6g.large"]?.architectures == ["arm64"])
        #expect(byName["g4dn.xlarge"]?.gpus == 1)
        #expect(byName["g4dn.xlarge"]?.hasAccelerators == true)

        let prices = try await client.ec2.spotPrices(instanceTypes: ["m5.large"], from: Date()).collect()
        #expect(prices.allSatisfy { $0.instanceType == "m5.large" && $0.price > 0 })

        var request = EC2.RunInstances(instanceType: "m5.large", market: .onDemand, token: token())
        request.imageID = image
        let id = try #require(try await client.ec2.runInstances(request).first).id
        let status = try #require(try await client.ec2.instanceStatuses(ids: [id]).collect().first)
        #expect(status.instanceID == id)
        #expect(status.state == .running)
        #expect(status.instanceHealth == "ok")
    }

    @Test func triesWithoutDoing() async throws {
        var request = EC2.RunInstances(instanceType: "m5.large", market: .onDemand, token: token())
        request.imageID = image
        request.tags = [AWSTag("mark", UUID().uuidString)]
        try await client.ec2.dryRun(.runInstances(request))
        let filter = EC2.Filter.tag("mark", request.tags[0].value)
        #expect(try await client.ec2.instances(filters: [filter]).collect().isEmpty)
        let instance = try #require(try await client.ec2.runInstances(request).first)
        try await client.ec2.dryRun(.terminateInstances([instance.id]))
        try await client.ec2.dryRun(.createTags([AWSTag("a", "b")], resources: [instance.id]))
        let found = try #require(try await client.ec2.instances(ids: [instance.id]).first)
        #expect(found.state == .running)
        #expect(found.tags["a"] == nil)
    }

    @Test func copiesAndDeletesAVolume() async throws {
        let answer = try await moto.call(
            "ec2",
            version: "2016-11-15",
            ["Action": "CreateVolume", "Size": "8", "AvailabilityZone": "us-east-1a"]
        )
        let id = try #require(answer.child("volumeId")?.text)
        let volume = try #require(try await client.ec2.volumes(ids: [id]).collect().first)
        #expect(volume.size == 8)
        #expect(volume.state == "available")
        #expect(volume.attachedTo.isEmpty)
        let snapshot = try await client.ec2.createSnapshot(
            EC2.CreateSnapshot(volumeID: id, description: "before deletion", tags: [AWSTag("a", "b")])
        )
        #expect(snapshot.volumeID == id)
        try await client.ec2.deleteVolume(id)
        let error = await awsError { _ = try await client.ec2.volumes(ids: [id]).collect() }
        #expect(error?.code == .notFound)
    }
}
