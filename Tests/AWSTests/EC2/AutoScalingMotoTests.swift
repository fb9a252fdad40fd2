import AWS
import Foundation
import Testing

/// Auto Scaling against moto.
@Suite(.timeLimit(.minutes(2)))
struct AutoScalingMotoTests {
    @Test func findsGroupsAndTerminatesTheirInstances() async throws {
        let moto = try await MotoServer.shared()
        // A region of its own: no other test's instances.
        let client = try moto.client(region: "eu-west-1")
        let name = "group-\(UUID().uuidString)"
        let version = "2011-01-01"
        try await moto.call(
            "autoscaling",
            version: version,
            [
                "Action": "CreateLaunchConfiguration", "LaunchConfigurationName": name,
                "ImageId": "ami-12c6146b",
                "InstanceType": "m5.large",
            ],
            region: "eu-west-1"
        )
        try await moto.call(
            "autoscaling",
            version: version,
            [
                "Action": "CreateAutoScalingGroup", "AutoScalingGroupName": name,
                "LaunchConfigurationName": name,
                "MinSize": "0", "MaxSize": "60", "DesiredCapacity": "55",
                "AvailabilityZones.member.1": "eu-west-1a",
            ],
            region: "eu-west-1"
        )
        let members = try await client.autoScaling.instances().collect()
        #expect(members.count == 55)
        #expect(Set(members.map(\.id)).count == 55)
        #expect(
            members.allSatisfy { $0.group == name && $0.lifecycleState == "InService" && !$0.isProtected }
        )
        let id = try #require(members.first?.id)
        #expect(try await client.autoScaling.instances([id]).collect().map(\.id) == [id])
        #expect(try await client.autoScaling.instances(["i-0123456789abcdef0"]).collect().isEmpty)
        let instance = try #require(try await client.ec2.instances(ids: [id]).first)
        #expect(instance.autoScalingGroup == name)

        try await client.autoScaling.terminate(id, isReplaced: false)
        #expect(try await client.autoScaling.instances().collect().count == 54)
        #expect(try await client.ec2.instances(ids: [id]).first?.state == .terminated)
    }
}
