import AWS
import FoundationEssentials
import Ghosts
import Jobs
import Kubernetes
import Postgres
import Store
import TestKit
import Testing

@testable import Worker

/// Terminations against a real API server and moto.
@Suite(
    "TerminateGhost conformance",
    .enabled(if: ControlPlane.isAvailable, "\(ControlPlane.missing)"),
    .timeLimit(.minutes(3))
)
struct TerminateGhostConformanceTests {
    @Test func terminatesOnce() async throws {
        try await HauntedCluster.with { haunted in
            let id = try await haunted.dueGhost()
            let job = UUID.version7()
            let report = try await haunted.terminate(id, job: job)
            #expect(report.metadata.members?["action"] == .string("terminated"))
            #expect(try await haunted.state(of: id) == .terminated)
            #expect(try await haunted.events() == [.flagged, .terminated])
            let event = try #require(try await haunted.store.events(of: haunted.customerID, limit: 1).first)
            #expect(
                try JSONValue(parsing: event.detail).members?["usd_per_hour_avoided"] == .string("0.096000")
            )
            // Again by the same job, and by another.
            let again = try await haunted.terminate(id, job: job, fence: 2)
            #expect(again.metadata.members?["action"] == .string("terminated"))
            let other = try await haunted.terminate(id)
            #expect(other.metadata.members?["action"] == .string("none"))
            #expect(try await haunted.events() == [.flagged, .terminated])
        }
    }

    /// A worker that dies right before it records a step: whatever it had done, the next one ends the machine once, and
    /// tells it once.
    @Test(arguments: ["looked", "taken", "tried", "acting", "ended", "terminated"], [false, true])
    func goesOnFromEachStep(step: String, isInGroup: Bool) async throws {
        try await HauntedCluster.with { haunted in
            let group = isInGroup ? try await haunted.makeGroup(of: 2) : []
            let id = isInGroup ? try #require(group.first) : try await haunted.launch()
            if isInGroup { try await haunted.addNode(on: try #require(group.last)) }
            try await haunted.scan()
            try await haunted.scan()
            let job = UUID.version7()
            try await haunted.dieBefore(step)
            await #expect(throws: (any Error).self) { try await haunted.terminate(id, job: job, fence: 1) }
            try await haunted.revive()
            let report = try await haunted.terminate(id, job: job, fence: 2)
            #expect(report.metadata.members?["action"] == .string("terminated"))
            #expect(try await haunted.state(of: id) == .terminated)
            #expect(try await haunted.events() == [.flagged, .terminated])
            if isInGroup {
                #expect(try await haunted.desiredCapacity() == 1)
                let other = try #require(group.last)
                #expect(try await haunted.state(of: other) == .running)
            }
        }
    }

    /// A worker that died between its last step and its call: whether it had called is looked up.
    @Test(arguments: [false, true]) func asksAgainForWhatDidNotHappen(isInGroup: Bool) async throws {
        try await HauntedCluster.with { haunted in
            let group = isInGroup ? try await haunted.makeGroup(of: 2) : []
            let id = isInGroup ? try #require(group.first) : try await haunted.launch()
            if isInGroup { try await haunted.addNode(on: try #require(group.last)) }
            try await haunted.scan()
            try await haunted.scan()
            let job = try await haunted.dieActing(on: id, group: isInGroup ? haunted.name : nil)
            #expect(try await haunted.state(of: id) == .running)
            try await haunted.terminate(id, job: job, fence: 2)
            #expect(try await haunted.state(of: id) == .terminated)
            #expect(try await haunted.events() == [.flagged, .terminated])
            if isInGroup { #expect(try await haunted.desiredCapacity() == 1) }
        }
    }

    /// The worker that died may have been the last one for an hour.
    @Test func whatBecameANodeMeanwhileIsSpared() async throws {
        try await HauntedCluster.with { haunted in
            let id = try await haunted.dueGhost()
            let job = try await haunted.dieActing(on: id)
            try await haunted.addNode(on: id)
            let report = try await haunted.terminate(id, job: job, fence: 2)
            #expect(report.metadata.members?["reason"] == .string("is_node"))
            #expect(try await haunted.state(of: id) == .running)
            #expect(try await haunted.events().last == .cleared)
        }
    }

    /// A claim that was taken away writes no step, and so does nothing.
    @Test func aLostClaimDoesNothingMore() async throws {
        try await HauntedCluster.with { haunted in
            let id = try await haunted.dueGhost()
            let job = UUID.version7()
            let steps = StepStore(pool: haunted.fleet.pool)
            _ = try await steps.record("other", Array("{}".utf8), of: job, fence: 9)
            let error = await #expect(throws: JobFailure.self) { try await haunted.terminate(id, job: job) }
            #expect(error?.code == "lease_lost")
            #expect(try await haunted.state(of: id) == .running)
            #expect(try await haunted.ghost(id)?.status == .flagged)
        }
    }

    @Test func aMemberGoesThroughItsGroup() async throws {
        try await HauntedCluster.with { haunted in
            let group = try await haunted.makeGroup(of: 3)
            let id = try #require(group.first)
            for other in group.dropFirst() { try await haunted.addNode(on: other) }
            try await haunted.scan()
            try await haunted.scan()
            #expect(try await haunted.ghost(id)?.autoScalingGroup == haunted.name)
            try await haunted.terminate(id)
            #expect(try await haunted.state(of: id) == .terminated)
            // Made smaller by one: it launches no other in its place.
            #expect(try await haunted.desiredCapacity() == 2)
            for other in group.dropFirst() { #expect(try await haunted.state(of: other) == .running) }
        }
    }

    @Test func keptByTagInTheLastSecond() async throws {
        try await HauntedCluster.with { haunted in
            let id = try await haunted.dueGhost()
            try await haunted.aws.ec2.createTags([AWSTag("cloudoptim.io/keep", "yes")], on: [id])
            let report = try await haunted.terminate(id)
            #expect(report.metadata.members?["reason"] == .string("keep_tag"))
            #expect(try await haunted.state(of: id) == .running)
            #expect(try await haunted.ghost(id)?.status == .kept)
            #expect(try await haunted.events() == [.flagged, .kept])
        }
    }

    /// The tag comes after the first look, when the job has the ghost already.
    @Test func keptByTagBetweenLookingAndActing() async throws {
        try await HauntedCluster.with { haunted in
            let id = try await haunted.dueGhost()
            let job = UUID.version7()
            try await haunted.dieBefore("tried")
            await #expect(throws: (any Error).self) { try await haunted.terminate(id, job: job) }
            #expect(try await haunted.ghost(id)?.status == .terminating)
            try await haunted.revive()
            try await haunted.aws.ec2.createTags([AWSTag("cloudoptim.io/keep", "")], on: [id])
            try await haunted.terminate(id, job: job, fence: 2)
            #expect(try await haunted.state(of: id) == .running)
            #expect(try await haunted.ghost(id)?.status == .kept)
        }
    }

    @Test func keptByCallInTheLastSecond() async throws {
        try await HauntedCluster.with { haunted in
            let id = try await haunted.dueGhost()
            let ghost = try #require(try await haunted.ghost(id))
            _ = try await haunted.store.keep(ghost.id, by: "ann")
            let report = try await haunted.terminate(id)
            #expect(report.metadata.members?["action"] == .string("none"))
            #expect(try await haunted.state(of: id) == .running)
            // Taken back: all of it begins anew.
            _ = try await haunted.store.unkeep(ghost.id, by: "ann")
            #expect(try await haunted.terminate(id).metadata.members?["action"] == .string("none"))
            try await haunted.scan()
            let fresh = try #require(try await haunted.ghost(id))
            #expect(fresh.id != ghost.id && fresh.status == .detected && fresh.scansSeen == 1)
            #expect(try await haunted.state(of: id) == .running)
        }
    }

    @Test func anythingThatChangedSparesIt() async throws {
        try await HauntedCluster.with { haunted in
            let tagged = try await haunted.dueGhost()
            try await haunted.aws.ec2.createTags([AWSTag("owner", "bob")], on: [tagged])
            try await haunted.terminate(tagged)
            #expect(try await haunted.state(of: tagged) == .running)
            #expect(try await haunted.events().last == .cleared)
            let joined = try await haunted.dueGhost()
            try await haunted.addNode(on: joined)
            let report = try await haunted.terminate(joined)
            #expect(report.metadata.members?["reason"] == .string("is_node"))
            #expect(try await haunted.state(of: joined) == .running)
        }
    }

    @Test func notBeforeItsGraceIsOver() async throws {
        try await HauntedCluster.with { settings in
            settings.rules.grace = .seconds(3600)
        } _: { haunted in
            let id = try await haunted.dueGhost()
            try await haunted.scan()
            #expect(try await haunted.submitted() == 0)
            let report = try await haunted.terminate(id)
            #expect(report.metadata.members?["reason"] == .string("not_due"))
            #expect(try await haunted.ghost(id)?.status == .flagged)
            let ghost = try #require(try await haunted.ghost(id))
            _ = try await haunted.store.waive(ghost.id, by: "ann")
            // What cannot be decided now takes nobody's word back.
            try await haunted.proxy.set(.closing, for: haunted.name, haunted.http)
            await #expect(throws: JobFailure.self) { try await haunted.terminate(id) }
            try await haunted.proxy.set(.ok, for: haunted.name, haunted.http)
            try await haunted.terminate(id)
            #expect(try await haunted.state(of: id) == .terminated)
        }
    }

    @Test func aDayHasACap() async throws {
        try await HauntedCluster.with { settings in
            settings.rules.perDay = 1
        } _: { haunted in
            let second = try await haunted.launch()
            let first = try await haunted.dueGhost()
            try await haunted.terminate(first)
            try await haunted.terminate(second)
            #expect(try await haunted.state(of: first) == .terminated)
            #expect(try await haunted.state(of: second) == .running)
            #expect(try await haunted.events().contains(.capReached))
        }
    }

    @Test func aDryRunChangesNothing() async throws {
        try await HauntedCluster.with { haunted in
            let id = try await haunted.dueGhost()
            let before = try await haunted.ghost(id)
            let report = try await haunted.terminate(id, isDryRun: true)
            #expect(report.metadata.members?["reason"] == .string("dry run: it would be terminated"))
            #expect(try await haunted.state(of: id) == .running)
            #expect(try await haunted.ghost(id) == before)
        }
    }

    /// A job by hand for what is no ghost does nothing, whoever submits it.
    @Test func whatIsNotFlaggedIsNotTouched() async throws {
        try await HauntedCluster.with { haunted in
            let id = try await haunted.launch()
            #expect(try await haunted.terminate(id).metadata.members?["action"] == .string("none"))
            try await haunted.scan()
            #expect(try await haunted.terminate(id).metadata.members?["action"] == .string("none"))
            #expect(try await haunted.state(of: id) == .running)
        }
    }
}

extension HauntedCluster {
    /// Lets a worker die that had recorded, a minute ago, that it would act, and did not.
    ///
    /// - Returns: Its job.
    func dieActing(on id: String, group: String? = nil) async throws -> UUID {
        let job = UUID.version7()
        try await dieBefore("acting")
        await #expect(throws: (any Error).self) { try await terminate(id, job: job) }
        try await revive()
        let minuteAgo = Date().addingTimeInterval(-60).rfc3339
        let act = group.map { #"{"group":"\#($0)","at":"\#(minuteAgo)"}"# } ?? #"{"at":"\#(minuteAgo)"}"#
        let steps = StepStore(pool: fleet.pool)
        #expect(try await steps.record("acting", Array(act.utf8), of: job, fence: 1))
        return job
    }

    /// Has the worker with the fence 1 die right before it writes a step, or the end of a ghost.
    func dieBefore(_ step: String) async throws {
        _ = try await fleet.pool.execute(
            """
            CREATE OR REPLACE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'the worker dies here'; END $$
            """
        )
        if step == "terminated" {
            _ = try await fleet.pool.execute(
                """
                CREATE TRIGGER die BEFORE UPDATE ON ghost_instances FOR EACH ROW
                WHEN (NEW.status = 'terminated') EXECUTE FUNCTION die()
                """
            )
        } else {
            // A trigger takes no parameters.
            _ = try await fleet.pool.withConnection { connection in
                try await connection.executeScript(
                    """
                    CREATE TRIGGER die BEFORE INSERT ON job_steps FOR EACH ROW
                    WHEN (NEW.step = '\(step)' AND NEW.fence = 1) EXECUTE FUNCTION die()
                    """
                )
            }
        }
    }

    func revive() async throws {
        _ = try await fleet.pool.execute("DROP TRIGGER IF EXISTS die ON job_steps")
        _ = try await fleet.pool.execute("DROP TRIGGER IF EXISTS die ON ghost_instances")
    }

    /// Makes an Auto Scaling group of machines that carry the cluster's tag.
    ///
    /// - Returns: The machines.
    func makeGroup(of count: Int) async throws -> [String] {
        let version = "2011-01-01"
        try await call(
            "autoscaling",
            version,
            [
                "Action": "CreateLaunchConfiguration", "LaunchConfigurationName": name,
                "ImageId": Self.image, "InstanceType": "m5.large",
            ]
        )
        try await call(
            "autoscaling",
            version,
            [
                "Action": "CreateAutoScalingGroup", "AutoScalingGroupName": name,
                "LaunchConfigurationName": name, "MinSize": "0", "MaxSize": "9",
                "DesiredCapacity": "\(count)", "AvailabilityZones.member.1": "us-east-1a",
                "Tags.member.1.Key": "kubernetes.io/cluster/\(name)", "Tags.member.1.Value": "owned",
                "Tags.member.1.PropagateAtLaunch": "true",
            ]
        )
        return try await aws.ec2.instances(
            filters: [
                .tag("kubernetes.io/cluster/\(name)", "owned"), .tag("aws:autoscaling:groupName", name),
            ]
        ).collect().map(\.id).sorted()
    }

    func desiredCapacity() async throws -> Int? {
        let text = try await call(
            "autoscaling",
            "2011-01-01",
            ["Action": "DescribeAutoScalingGroups", "AutoScalingGroupNames.member.1": name]
        )
        guard let start = text.firstRange(of: "<DesiredCapacity>"),
            let end = text.firstRange(of: "</DesiredCapacity>")
        else { return nil }
        return Int(text[start.upperBound..<end.lowerBound])
    }
}
