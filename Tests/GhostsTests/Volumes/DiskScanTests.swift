import Foundation
import Ghosts
import Testing

/// Disks that nobody refers to, and those that only look so.
struct DiskScanTests {
    private let now = Date(timeIntervalSince1970: 1_800_000_000)
    private let own = UUID()
    private let other = UUID()

    private func disk(_ id: String, _ change: (inout Disk) -> Void = { _ in }) -> Disk {
        var disk = Disk(
            id: id,
            state: "available",
            size: 8,
            zone: "us-east-1a",
            createdAt: now.addingTimeInterval(-90 * 86_400),
            tags: ["kubernetes.io/cluster/shop": "owned"]
        )
        change(&disk)
        return disk
    }

    private func list<Item: Sendable>(_ items: [Item], ago: Double) async throws -> CompleteList<Item> {
        var pages = [items]
        return try await CompleteList.read(clock: { now.addingTimeInterval(-ago) }) {
            pages.isEmpty ? nil : pages.removeFirst()
        }
    }

    private func view(_ names: [String], retains: Bool = false) async throws -> DiskView {
        .seen(DiskReferences(names: try await list(names, ago: 5), retainsDisks: retains))
    }

    private var scan: DiskScan {
        DiskScan(
            of: ScannedCluster(id: own, name: "shop", account: "123456789012", region: "us-east-1"),
            rules: GhostRules(grace: .seconds(30 * 86_400)),
            at: now
        )
    }

    private func sighting(_ disk: Disk, days: Double, isKept: Bool = false) -> Sighting {
        let last = now.addingTimeInterval(-6 * 3600)
        return Sighting(
            id: UUID(),
            instanceID: disk.id,
            status: isKept ? .kept : .flagged,
            clock: AbsenceClock(
                firstSeenAt: last.addingTimeInterval(-days * 86_400),
                lastSeenAt: last,
                scans: 99,
                observed: 6 * 3600,
                flaggedAt: last.addingTimeInterval(-days * 86_400),
                graceObserved: days * 86_400
            ),
            launchedAt: disk.createdAt,
            tags: disk.foreignTags,
            isKeptByCall: isKept
        )
    }

    private func verdict(
        _ disk: Disk,
        days: Double = 31,
        names: [String] = ["vol-0a"],
        otherNames: [String] = [],
        retains: Bool = false,
        isKept: Bool = false
    ) async throws -> DiskScan.Verdict {
        let known = sighting(disk, days: days, isKept: isKept)
        return try scan.verdict(
            on: known,
            try await list([self.disk("vol-0a") { $0.state = "in-use" }, disk], ago: 20),
            [own: try await view(names, retains: retains), other: try await view(otherNames)],
            known: [known]
        )
    }

    @Test func aForgottenDiskIsDeleted() async throws {
        let forgotten = disk("vol-0f")
        #expect(try await verdict(forgotten) == .delete(forgotten))
    }

    @Test func referencedByAnyRegisteredCluster() async throws {
        let names = ["vol-0f", "aws://us-east-1a/vol-0f"]
        for name in names {
            #expect(try await verdict(disk("vol-0f"), names: ["vol-0a", name]) == .spare(.referenced))
            #expect(try await verdict(disk("vol-0f"), otherNames: [name]) == .spare(.referenced))
        }
    }

    @Test func retainedOnPurpose() async throws {
        #expect(try await verdict(disk("vol-0f"), retains: true) == .spare(.retained))
    }

    @Test func detachedNotLongEnough() async throws {
        #expect(try await verdict(disk("vol-0f"), days: 29) == .spare(.notDue))
    }

    @Test func keptByTagOrCall() async throws {
        #expect(try await verdict(disk("vol-0f") { $0.tags["cloudoptim.io/keep"] = "" }) == .spare(.keepTag))
        #expect(try await verdict(disk("vol-0f"), isKept: true) == .spare(.keepCall))
    }

    @Test func whatIsNotTheClustersOrInUse() async throws {
        let cases: [(DiskDoubt, (inout Disk) -> Void)] = [
            (.inUse, { $0.state = "in-use" }), (.inUse, { $0.attachedTo = ["i-0a"] }),
            (.notProvenOwned, { $0.tags = ["ebs.csi.aws.com/cluster": "true"] }),
            (.otherClustersTag, { $0.tags["kubernetes.io/cluster/till"] = "owned" }),
            (.otherRegion, { $0.zone = "eu-central-1a" }), (.ageUnknown, { $0.createdAt = nil }),
        ]
        for (doubt, change) in cases {
            #expect(try await verdict(disk("vol-0f", change)) == .spare(doubt))
        }
    }

    @Test func aClusterThatCannotBeReadStopsAll() async throws {
        let disks = try await list([disk("vol-0f")], ago: 20)
        let seen = try await view(["vol-0a"])
        let down = #expect(throws: ScanAbort.self) {
            _ = try scan.decide(disks, [own: seen, other: .unseen("timed out")], known: [])
        }
        #expect(down?.reason == .otherClusterUnreadable)
        let unread = #expect(throws: ScanAbort.self) { _ = try scan.decide(disks, [other: seen], known: []) }
        #expect(unread?.reason == .nodesUnreadable)
        let empty = try await view([])
        let none = #expect(throws: ScanAbort.self) { _ = try scan.decide(disks, [own: empty], known: []) }
        #expect(none?.reason == .nodesEmpty)
    }

    @Test func tooManyAtOnce() async throws {
        let disks = try await list((0..<3).map { disk("vol-0f\($0)") }, ago: 20)
        let seen = try await view(["vol-0a"])
        let abort = #expect(throws: ScanAbort.self) { _ = try scan.decide(disks, [own: seen], known: []) }
        #expect(abort?.reason == .tooMany)
    }

    @Test func detectsFlagsAndWaits() async throws {
        let forgotten = disk("vol-0f")
        let disks = try await list([forgotten], ago: 20)
        let views = [own: try await view(["vol-0a"])]
        #expect(try scan.decide(disks, views, known: []) == [.detect(forgotten, AbsenceClock(at: now))])
        let known = sighting(forgotten, days: 29.8)
        guard case .ready(known, forgotten, _)? = try scan.decide(disks, views, known: [known]).first else {
            Issue.record("not ready")
            return
        }
    }
}
