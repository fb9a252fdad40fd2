import Foundation
import Ghosts
import Testing

/// From first sight to the end of the grace.
struct GhostClockTests {
    private let hour = 3600.0

    @Test func aSingleSightIsNotEnough() async throws {
        var fixture = Fixture()
        fixture.addOrphan()
        guard case .detect(let evidence, let clock)? = try await fixture.decide().first else {
            Issue.record("not detected")
            return
        }
        #expect(clock.scans == 1 && clock.flaggedAt == nil)
        #expect(evidence.proof == ["kubernetes.io/cluster/shop"])
        #expect(evidence.owned == 10 && evidence.nodes == 9)
        #expect(evidence.otherClusters == [Fixture.other.uuidString.lowercased(): 1])
        #expect(evidence.machinesListedAt < evidence.nodesListedAt)
    }

    @Test(arguments: [
        (3599.0, false), (3600.0, true), (21_600.0, true), (43_200.0, true), (43_201.0, false),
    ])
    func twoSightsAnHourApartFlag(gap: Double, isFlagged: Bool) async throws {
        var fixture = Fixture()
        fixture.addOrphan()
        fixture.addSighting(.detected, scans: 1, observed: 0, lastSeen: gap)
        guard case .see(_, _, let clock, let isNewlyFlagged)? = try await fixture.decide().first else {
            Issue.record("not seen")
            return
        }
        #expect(isNewlyFlagged == isFlagged)
        #expect((clock.flaggedAt != nil) == isFlagged)
        #expect(clock.graceObserved == 0)
    }

    @Test func manySightsWithinAnHourDoNotFlag() {
        let start = Date(timeIntervalSince1970: 1_800_000_000)
        var clock = AbsenceClock(at: start)
        for minute in 1..<60 {
            let isFlagged = clock.seen(at: start.addingTimeInterval(Double(minute) * 60), GhostRules())
            #expect(!isFlagged)
        }
        let isFlagged = clock.seen(at: start.addingTimeInterval(3600), GhostRules())
        #expect(isFlagged)
    }

    @Test func theGraceCountsWhatWasObserved() {
        let rules = GhostRules()
        let start = Date(timeIntervalSince1970: 1_800_000_000)
        var clock = AbsenceClock(at: start)
        // 6 h: flagged. Then our outage, twice longer than allowed, then four periods.
        for (at, due) in [(6.0, false), (30, false), (36, false), (42, false), (48, false), (54, true)] {
            clock.seen(at: start.addingTimeInterval(at * hour), rules)
            #expect(clock.isDue(rules) == due, "\(at)")
        }
        #expect(clock.flaggedAt == start.addingTimeInterval(6 * hour))
        #expect(clock.dueAt(rules) == start.addingTimeInterval(54 * hour))
    }

    @Test func aClockThatGoesBackCountsNothing() {
        let start = Date(timeIntervalSince1970: 1_800_000_000)
        var clock = AbsenceClock(at: start)
        clock.seen(at: start.addingTimeInterval(-9000), GhostRules())
        #expect(clock == AbsenceClock(at: start))
    }

    @Test func readyWhenTheGraceIsOver() async throws {
        var fixture = Fixture()
        fixture.addOrphan()
        fixture.addSighting(grace: 18 * hour - 1)
        guard case .see? = try await fixture.decide().first else {
            Issue.record("a second too early")
            return
        }
        fixture.known = []
        fixture.addSighting(grace: 18 * hour)
        guard case .ready(_, _, let clock)? = try await fixture.decide().first else {
            Issue.record("not ready")
            return
        }
        #expect(clock.isDue(fixture.rules))
    }

    @Test func theVerdictWaitsForTheGrace() async throws {
        var fixture = Fixture()
        fixture.addOrphan()
        fixture.addSighting(grace: 24 * hour - 1)
        #expect(try await fixture.verdict() == .spare(.notDue))
        fixture.known[0].isGraceWaived = true
        guard case .terminate = try await fixture.verdict() else {
            Issue.record("waived, and not terminated")
            return
        }
        fixture.known[0].clock.flaggedAt = nil
        #expect(try await fixture.verdict() == .spare(.notDue))
        fixture.known = []
        fixture.addSighting(.terminating, grace: 24 * hour)
        guard case .terminate(let evidence) = try await fixture.verdict() else {
            Issue.record("due, and not terminated")
            return
        }
        #expect(evidence.machine.id == "i-0ff")
    }

    /// A tag that is taken away begins the grace anew.
    @Test func unkeptByTagBeginsAnew() async throws {
        var fixture = Fixture()
        fixture.addOrphan()
        fixture.addSighting(.kept, scans: 9, observed: 9 * hour, grace: 90 * hour)
        guard case .see(_, _, let clock, false)? = try await fixture.decide().first else {
            Issue.record("not seen")
            return
        }
        #expect(clock == AbsenceClock(at: fixture.now))
    }

    @Test func aMachineThatAJobTerminatesIsLeftToIt() async throws {
        var fixture = Fixture()
        fixture.addOrphan()
        fixture.addSighting(.terminating, grace: 48 * hour)
        #expect(try await fixture.decide().isEmpty)
        fixture.machines.removeLast()
        #expect(try await fixture.decide().isEmpty)
    }
}
