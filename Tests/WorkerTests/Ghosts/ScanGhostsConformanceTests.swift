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

/// Scans against a real API server and moto.
@Suite(
    "ScanGhosts conformance",
    .enabled(if: ControlPlane.isAvailable, "\(ControlPlane.missing)"),
    .timeLimit(.minutes(3))
)
struct ScanGhostsConformanceTests {
    @Test func flagsATrueGhostOnTheSecondScan() async throws {
        try await HauntedCluster.with { haunted in
            let id = try await haunted.launch(["team": "shop"])
            let stranger = try await haunted.launch(["team": "shop"], owned: false)
            let first = try await haunted.scan()
            #expect(first.metadata.members?["ghosts_found"] == .integer(1), "\(first.logs)")
            let detected = try #require(try await haunted.ghost(id))
            #expect(detected.status == .detected && detected.scansSeen == 1)
            #expect(detected.hourlyPrice == "0.096000")
            #expect(try await haunted.events().isEmpty)
            try await haunted.scan()
            let flagged = try #require(try await haunted.ghost(id))
            #expect(flagged.status == .flagged && flagged.scansSeen == 2)
            let since = try #require(flagged.flaggedAt)
            #expect(try await haunted.tags(of: id)["cloudoptim.io/ghost-since"] == since.rfc3339)
            #expect(try await haunted.events() == [.flagged])
            let detail = try #require(
                try await haunted.store.events(of: haunted.customerID, limit: 1).first?.detail
            )
            #expect(try JSONValue(parsing: detail).members?["keep_tag"] == .string("cloudoptim.io/keep"))
            #expect(try await haunted.submitted() == 0)
            // The grace is over at once here: the third scan has it terminated.
            try await haunted.scan()
            #expect(try await haunted.submitted() == 1)
            #expect(try await haunted.ghost(stranger) == nil)
            let evidence = try JSONValue(parsing: try #require(flagged.evidence)).members
            #expect(evidence?["owned"] == .integer(2) && evidence?["nodes"] == .integer(1))
        }
    }

    /// Nothing is flagged, terminated or even counted while the list of nodes is not whole.
    @Test(
        arguments: zip(
            [NodeProxy.Mode.empty, .unauthorized, .forbidden, .hanging, .closing, .portal, .partial, .cut],
            [
                "nodes_empty", "nodes_unauthorized", "nodes_forbidden", "nodes_timed_out", "nodes_unreadable",
                "nodes_unreadable", "nodes_unreadable", "nodes_unreadable",
            ]
        )
    )
    func decidesNothingOnAListThatIsNotWhole(mode: NodeProxy.Mode, code: String) async throws {
        try await HauntedCluster.with { haunted in
            // Two nodes, so that there can be a second page.
            try await haunted.addNode(on: try await haunted.launch())
            let id = try await haunted.launch()
            let flagged = try await haunted.dueGhost()
            let before = try #require(try await haunted.ghost(flagged))
            let detected = try #require(try await haunted.ghost(id))
            try await haunted.proxy.set(mode, for: haunted.name, haunted.http)
            #expect(try await haunted.abort() == code)
            #expect(try await haunted.ghost(flagged) == before)
            #expect(try await haunted.ghost(id) == detected)
            #expect(try await haunted.submitted() == 0)
            #expect(try await haunted.events().last == .scanAborted)
            let scan = try await haunted.store.scans(
                of: haunted.customerID,
                cluster: haunted.clusterID,
                limit: 1
            )
            #expect(scan.first?.abortReason == code)
            // A termination that is due does not happen either, and can still be taken back.
            let error = await #expect(throws: JobFailure.self) { try await haunted.terminate(flagged) }
            #expect(error?.code == code || error?.code == "switched_off")
            #expect(try await haunted.state(of: flagged) == .running)
            #expect(try await haunted.ghost(flagged)?.status == .flagged)
        }
    }

    /// An instance of B is never a ghost of A, also while B cannot be asked.
    @Test func twoClustersOfACustomer() async throws {
        try await HauntedCluster.with { haunted in
            // Launched from A's template, as its tag says, and joined to B.
            let id = try await haunted.launch()
            try await haunted.addNode(on: id, in: haunted.otherName)
            try await haunted.scan()
            try await haunted.scan()
            #expect(try await haunted.ghost(id) == nil)
            for mode in [NodeProxy.Mode.closing, .unauthorized, .empty] {
                try await haunted.proxy.set(mode, for: haunted.otherName, haunted.http)
                #expect(try await haunted.abort() == "other_cluster_unreadable")
                #expect(try await haunted.ghost(id) == nil)
            }
            // B's own scan, of machines with B's tag, finds none of A's.
            try await haunted.proxy.set(.ok, for: haunted.otherName, haunted.http)
            let other = try await haunted.scan(of: haunted.otherID)
            #expect(other.metadata.members?["ghosts_found"] == .integer(0))
        }
    }

    @Test func aDueGhostIsLeftWhileTheOtherClusterIsDown() async throws {
        try await HauntedCluster.with { haunted in
            let id = try await haunted.dueGhost()
            try await haunted.proxy.set(.closing, for: haunted.otherName, haunted.http)
            let error = await #expect(throws: JobFailure.self) { try await haunted.terminate(id) }
            #expect(error?.code == "other_cluster_unreadable")
            #expect(error?.isRetryable == true)
            #expect(try await haunted.state(of: id) == .running)
        }
    }

    @Test func anyTagOfAnotherClusterOrToKeepIsADoubt() async throws {
        try await HauntedCluster.with { haunted in
            let foreign = try await haunted.launch(["kubernetes.io/cluster/unregistered": "owned"])
            let kept = try await haunted.launch(["cloudoptim.io/keep": ""])
            let karpenter = try await haunted.launch(["karpenter.sh/nodepool": "default"])
            let master = try await haunted.launch(["k8s.io/role/master": "1"])
            let windows = try await haunted.launch(image: HauntedCluster.windows)
            try await haunted.scan()
            let report = try await haunted.scan()
            for id in [foreign, karpenter, master, windows] { #expect(try await haunted.ghost(id) == nil) }
            #expect(
                report.metadata.members?["spared"]
                    == .object([
                        foreign: .string("other_clusters_tag"), kept: .string("keep_tag"),
                        karpenter: .string("karpenter"), master: .string("control_plane"),
                        windows: .string("windows"),
                    ])
            )
            #expect(try await haunted.ghost(kept)?.keptBy == GhostRecord.keptByTag)
            // The tag is taken away: first sight.
            try await haunted.aws.ec2.deleteTags(["cloudoptim.io/keep"], on: [kept])
            try await haunted.scan()
            let fresh = try #require(try await haunted.ghost(kept))
            #expect(fresh.status == .detected && fresh.scansSeen == 1 && fresh.flaggedAt == nil)
        }
    }

    @Test func aNodeThatComesBackClearsIt() async throws {
        try await HauntedCluster.with { haunted in
            let id = try await haunted.dueGhost()
            try await haunted.addNode(on: id)
            let report = try await haunted.scan()
            #expect(report.logs.contains("\(id): cleared (is_node)"))
            #expect(try await haunted.ghost(id) == nil)
            #expect(try await haunted.events() == [.flagged, .cleared])
            #expect(try await haunted.tags(of: id)["cloudoptim.io/ghost-since"] == nil)
        }
    }

    @Test func protectedMachinesAreLeft() async throws {
        try await HauntedCluster.with { haunted in
            let id = try await haunted.launch()
            try await haunted.call(
                "ec2",
                "2016-11-15",
                [
                    "Action": "ModifyInstanceAttribute", "InstanceId": id,
                    "DisableApiTermination.Value": "true",
                ]
            )
            try await haunted.scan()
            #expect(try await haunted.ghost(id) == nil)
        }
    }

    @Test func theClusterThatIsGoneAlarmsAPerson() async throws {
        try await HauntedCluster.with { haunted in
            for _ in 0..<3 { _ = try await haunted.launch() }
            #expect(try await haunted.abort() == "too_many")
            #expect(try await haunted.events() == [.scanAborted])
            #expect(try await haunted.store.open(in: haunted.clusterID, kind: .instance).isEmpty)
        }
    }

    @Test func aRunHasACap() async throws {
        try await HauntedCluster.with { settings in
            settings.rules.perRun = 1
        } _: { haunted in
            _ = try await haunted.launch()
            _ = try await haunted.dueGhost()
            let report = try await haunted.scan()
            #expect(try await haunted.submitted() == 1)
            #expect(report.logs.contains { $0.contains("postponed") })
        }
    }

    @Test func switchedOffMeansOff() async throws {
        try await HauntedCluster.with { haunted in
            let id = try await haunted.dueGhost()
            for scope in [nil, haunted.customerID] {
                try await haunted.store.set(off: true, of: scope, reason: nil, by: "ann")
                #expect(try await haunted.scan().metadata.members?["status"] == .string("off"))
                await #expect(throws: JobFailure.self) { try await haunted.terminate(id) }
                try await haunted.store.set(off: false, of: scope, reason: nil, by: "ann")
            }
            #expect(try await haunted.state(of: id) == .running)
        }
        try await HauntedCluster.with { settings in
            settings.isEnabled = false
        } _: { haunted in
            let report = try await haunted.scan()
            #expect(report.metadata.members?["status"] == .string("off"))
        }
    }

    @Test func aDryRunChangesNothing() async throws {
        try await HauntedCluster.with { haunted in
            let id = try await haunted.launch()
            let report = try await haunted.scan(isDryRun: true)
            #expect(report.logs.contains { $0.hasPrefix("\(id): detected") })
            #expect(try await haunted.ghost(id) == nil)
        }
    }
}
