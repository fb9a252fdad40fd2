import AWS
import FoundationEssentials
import Jobs
import Postgres
import Store
import TestKit
import Testing

@testable import Worker

/// Disks that nobody refers to, against a real API server and moto.
@Suite(
    "ZombieVolume conformance",
    .enabled(if: ControlPlane.isAvailable, "\(ControlPlane.missing)"),
    .timeLimit(.minutes(3))
)
struct ZombieVolumeConformanceTests {
    private func with(
        grace: Duration = .zero,
        _ body: (HauntedCluster) async throws -> Void
    ) async throws {
        try await HauntedCluster.with { settings in
            settings.includesDisks = true
            settings.diskGrace = grace
        } _: { haunted in
            try await body(haunted)
        }
    }

    @Test func copiesAndDeletesATrueOne() async throws {
        try await with { haunted in
            let used = try await haunted.makeVolume()
            try await haunted.addPersistentVolume(used, in: haunted.name)
            let elsewhere = try await haunted.makeVolume()
            try await haunted.addPersistentVolume(elsewhere, in: haunted.otherName)
            let retained = try await haunted.makeVolume()
            try await haunted.addPersistentVolume(retained, in: haunted.name, policy: "Retain")
            let forgotten = try await haunted.makeVolume()
            for _ in 0..<3 { try await haunted.scan() }
            for id in [used, elsewhere, retained] { #expect(try await haunted.ghost(id) == nil) }
            #expect(try await haunted.ghost(forgotten)?.status == .flagged)
            #expect(try await haunted.submitted() == 1)
            let job = UUID.version7()
            let report = try await haunted.terminate(forgotten, job: job)
            guard case .string(let snapshot)? = report.metadata.members?["snapshot_id"] else {
                Issue.record("no copy")
                return
            }
            let copy = try #require(try await haunted.aws.ec2.snapshots(ids: [snapshot]).collect().first)
            #expect(copy.volumeID == forgotten && copy.state == "completed")
            #expect(try await !haunted.isThere(forgotten))
            for id in [used, elsewhere, retained] { #expect(try await haunted.isThere(id)) }
            #expect(try await haunted.events() == [.flagged, .terminated])
            let again = try await haunted.terminate(forgotten, job: job, fence: 2)
            #expect(again.metadata.members?["snapshot_id"] == .string(snapshot))
        }
    }

    @Test(arguments: ["looked", "taken", "tried", "copying", "copied", "acting", "ended", "terminated"])
    func goesOnFromEachStep(step: String) async throws {
        try await with { haunted in
            try await haunted.addPersistentVolume(try await haunted.makeVolume(), in: haunted.name)
            let forgotten = try await haunted.makeVolume()
            for _ in 0..<2 { try await haunted.scan() }
            let job = UUID.version7()
            try await haunted.dieBefore(step)
            await #expect(throws: (any Error).self) { try await haunted.terminate(forgotten, job: job) }
            try await haunted.revive()
            try await haunted.terminate(forgotten, job: job, fence: 2)
            #expect(try await !haunted.isThere(forgotten))
            let copies = try await haunted.aws.ec2.snapshots(filters: [.init("volume-id", [forgotten])])
                .collect()
            #expect(copies.count == 1)
            #expect(try await haunted.events() == [.flagged, .terminated])
        }
    }

    @Test func recentlyDetachedOnesAreLeft() async throws {
        try await with(grace: .seconds(86_400)) { haunted in
            try await haunted.addPersistentVolume(try await haunted.makeVolume(), in: haunted.name)
            let recent = try await haunted.makeVolume()
            for _ in 0..<4 { try await haunted.scan() }
            #expect(try await haunted.submitted() == 0)
            let report = try await haunted.terminate(recent)
            #expect(report.metadata.members?["reason"] == .string("not_due"))
            #expect(try await haunted.isThere(recent))
        }
    }

    @Test func aClassThatRetainsKeepsAll() async throws {
        try await with { haunted in
            try await haunted.addPersistentVolume(try await haunted.makeVolume(), in: haunted.name)
            let volume = try await haunted.makeVolume()
            for _ in 0..<2 { try await haunted.scan() }
            try await haunted.real.call(
                "POST",
                "/apis/storage.k8s.io/v1/storageclasses",
                """
                {"metadata":{"name":"\(haunted.name)","labels":{"test":"\(haunted.name)"}},
                 "provisioner":"ebs.csi.aws.com","reclaimPolicy":"Retain"}
                """
            )
            let report = try await haunted.terminate(volume)
            #expect(report.metadata.members?["reason"] == .string("retained"))
            #expect(try await haunted.isThere(volume))
        }
    }

    @Test func aClusterThatIsDownKeepsAll() async throws {
        try await with { haunted in
            try await haunted.addPersistentVolume(try await haunted.makeVolume(), in: haunted.name)
            let volume = try await haunted.makeVolume()
            for _ in 0..<2 { try await haunted.scan() }
            try await haunted.proxy.set(.forbidden, for: haunted.otherName, haunted.http)
            let error = await #expect(throws: JobFailure.self) { try await haunted.terminate(volume) }
            #expect(error?.code == "other_cluster_unreadable")
            #expect(try await haunted.isThere(volume))
            #expect(
                try await haunted.aws.ec2.snapshots(filters: [.init("volume-id", [volume])]).collect().isEmpty
            )
        }
    }

    @Test func withoutItsFlagNoDiskIsLookedAt() async throws {
        try await HauntedCluster.with { haunted in
            try await haunted.addPersistentVolume(try await haunted.makeVolume(), in: haunted.name)
            let volume = try await haunted.makeVolume()
            for _ in 0..<3 { try await haunted.scan() }
            #expect(try await haunted.ghost(volume) == nil)
        }
    }
}

extension HauntedCluster {
    /// Makes a disk that carries the cluster's tag.
    func makeVolume() async throws -> String {
        let text = try await call(
            "ec2",
            "2016-11-15",
            [
                "Action": "CreateVolume", "Size": "1", "AvailabilityZone": "us-east-1a",
                "TagSpecification.1.ResourceType": "volume",
                "TagSpecification.1.Tag.1.Key": "kubernetes.io/cluster/\(name)",
                "TagSpecification.1.Tag.1.Value": "owned",
            ]
        )
        guard let start = text.firstRange(of: "<volumeId>"), let end = text.firstRange(of: "</volumeId>")
        else {
            throw ProcessFailure(description: text)
        }
        return String(text[start.upperBound..<end.lowerBound])
    }

    func addPersistentVolume(_ volume: String, in label: String, policy: String = "Delete") async throws {
        try await real.call(
            "POST",
            "/api/v1/persistentvolumes",
            """
            {"metadata":{"name":"\(label)-\(volume.suffix(8))","labels":{"test":"\(label)"}},
             "spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],
               "persistentVolumeReclaimPolicy":"\(policy)",
               "csi":{"driver":"ebs.csi.aws.com","volumeHandle":"\(volume)"}}}
            """
        )
    }

    func isThere(_ volume: String) async throws -> Bool {
        do {
            return try await !aws.ec2.volumes(ids: [volume]).collect().isEmpty
        } catch  where error.code == .notFound {
            return false
        }
    }
}
