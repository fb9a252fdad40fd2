import AWS
import Foundation
import Testing

/// The calls that scans and terminations make beside the ordinary ones.
@Suite(.timeLimit(.minutes(2)))
struct GhostCallsTests {
    @Test func tellsWhetherAMachineIsProtected() async throws {
        let moto = try await MotoServer.shared()
        let client = try moto.client()
        var request = EC2.RunInstances(
            instanceType: "m5.large",
            market: .onDemand,
            token: IdempotencyToken(job: UUID().uuidString, step: "launch", epoch: 0)
        )
        request.imageID = "ami-12c6146b"
        let id = try #require(try await client.ec2.runInstances(request).first).id
        #expect(try await !client.ec2.isTerminationProtected(id))
        try await moto.call(
            "ec2",
            version: "2016-11-15",
            ["Action": "ModifyInstanceAttribute", "InstanceId": id, "DisableApiTermination.Value": "true"]
        )
        #expect(try await client.ec2.isTerminationProtected(id))
        let unknown = await awsError {
            _ = try await client.ec2.isTerminationProtected("i-0123456789abcdef0")
        }
        #expect(unknown?.code == .notFound)
    }

    @Test func anAnswerThatDoesNotSayIsNoAnswer() async throws {
        let scenario = try FakeAWS.started().scenario("throttled")
        let error = await awsError { _ = try await scenario.client().ec2.isTerminationProtected("i-0ff") }
        #expect(error?.code == .invalidResponse)
        #expect(error?.action == "ec2:DescribeInstanceAttribute")
    }

    @Test func findsCopiesByTheirTags() async throws {
        let moto = try await MotoServer.shared()
        let client = try moto.client()
        let answer = try await moto.call(
            "ec2",
            version: "2016-11-15",
            ["Action": "CreateVolume", "Size": "8", "AvailabilityZone": "us-east-1a"]
        )
        let id = try #require(answer.child("volumeId")?.text)
        let filters: [EC2.Filter] = [.init("volume-id", [id]), .tag("job", "one")]
        #expect(try await client.ec2.snapshots(filters: filters).collect().isEmpty)
        let made = try await client.ec2.createSnapshot(
            EC2.CreateSnapshot(volumeID: id, tags: [AWSTag("job", "one")])
        )
        let found = try await client.ec2.snapshots(filters: filters).collect()
        #expect(found.map(\.id) == [made.id])
        #expect(found.first?.state == "completed")
        #expect(found.first?.tags["job"] == "one")
        #expect(try await client.ec2.snapshots(ids: [made.id]).collect().first?.volumeID == id)
    }

    /// The group would become smaller twice.
    @Test func aGroupIsNotAskedTwice() async throws {
        let scenario = try FakeAWS.started().scenario("flaky")
        let error = await awsError {
            try await scenario.client().autoScaling.terminate("i-0ff", isReplaced: false)
        }
        #expect(error?.mayHaveHappened == true)
        let requests = try await scenario.requests()
        #expect(requests.count == 1)
        #expect(requests.first?.body.contains("ShouldDecrementDesiredCapacity=true") == true)
    }
}
