import FoundationEssentials
import Store
import TestKit
import Testing

@testable import Jobs

struct TickPlanTests {
    private func instant(_ seconds: Double) -> Date { Date(timeIntervalSince1970: 1_760_000_010 + seconds) }

    private func plan(
        _ missed: ScheduleDefinition.MissedTicks = .latest,
        every seconds: Int = 30,
        maximum: Int = 1
    ) throws -> TickPlan {
        TickPlan(
            try Schedule(
                ScheduleDefinition(
                    name: "x",
                    jobType: "noop",
                    everySeconds: seconds,
                    missed: missed,
                    maximumCatchUp: maximum
                )
            )
        )
    }

    @Test func makesTheIntervalWeAreInAtFirst() throws {
        let plan = try plan()
        #expect(plan.due(at: instant(0), after: nil) == [instant(0)])
        #expect(plan.due(at: instant(14.9), after: nil) == [instant(0)])
        #expect(plan.due(at: instant(15), after: nil) == [instant(0), instant(30)])
    }

    @Test func makesTheNextIntervalALittleBeforeItBegins() throws {
        let plan = try plan()
        #expect(plan.due(at: instant(14.9), after: instant(0)) == [])
        #expect(plan.due(at: instant(15), after: instant(0)) == [instant(30)])
        #expect(plan.due(at: instant(29.999), after: instant(0)) == [instant(30)])
        #expect(plan.due(at: instant(29.999), after: instant(30)) == [])
    }

    /// A take-over lasts less than 4 s.
    @Test(arguments: [1, 2, 7, 10]) func isMadeEarlierThanATakeOverLasts(seconds: Int) throws {
        let plan = try plan(.skip, every: seconds)
        #expect(plan.timing.lookAhead == .seconds(5))
        var made: [Date] = []
        for step in 0..<200 {
            let now = instant(Double(step) / 10)
            // With what is made now there is a tick until the end of the look-ahead.
            made += plan.due(at: now, after: made.last)
            let next = try #require(plan.timing.next(after: made.last ?? now))
            #expect(next.timeIntervalSince(now) > 5)
        }
    }

    @Test func theLatestMissedTickIsMadeWhileMostOfItsIntervalIsLeft() throws {
        let plan = try plan()
        #expect(plan.due(at: instant(3601), after: instant(0)) == [instant(3600)])
        #expect(plan.due(at: instant(3622), after: instant(0)) == [instant(3600), instant(3630)])
        #expect(plan.due(at: instant(3623), after: instant(0)) == [instant(3630)])
    }

    @Test func skippedTicksAreNotMade() throws {
        let plan = try plan(.skip)
        #expect(plan.due(at: instant(3601), after: instant(0)) == [])
        #expect(plan.due(at: instant(3616), after: instant(0)) == [instant(3630)])
    }

    @Test func allMissedTicksAreMadeOldestFirst() throws {
        let plan = try plan(.all, maximum: 1000)
        #expect(
            plan.due(at: instant(95), after: instant(0)) == [instant(30), instant(60), instant(90)]
        )
    }

    @Test func theNewestOfTooManyMissedTicksAreMade() throws {
        let plan = try plan(.all, maximum: 2)
        #expect(plan.due(at: instant(95), after: instant(0)) == [instant(60), instant(90)])
    }

    @Test func noTickIsMadeThatIsOlderThanDaysAreKept() throws {
        let plan = try plan(.all, every: 86_400, maximum: 1000)
        #expect(plan.due(at: instant(0), after: instant(-100 * 86_400)).count == 7)
    }

    @Test func aClockThatGoesBackMakesNothing() throws {
        for missed in ScheduleDefinition.MissedTicks.allCases {
            #expect(try plan(missed, maximum: 10).due(at: instant(200), after: instant(300)) == [])
        }
    }

    @Test func cronCatchesUpAsWell() throws {
        let berlin = ScheduleDefinition(
            name: "x",
            jobType: "noop",
            cron: "0 6 * * *",
            timeZone: "Europe/Berlin",
            missed: .all,
            maximumCatchUp: 10
        )
        let plan = TickPlan(try Schedule(berlin))
        // Over the night in which clocks go forward: days are 24, 23 and 24 h.
        let now = try #require(Date(rfc3339: "2026-03-31T12:00:00Z"))
        let done = try #require(Date(rfc3339: "2026-03-27T05:00:00Z"))
        #expect(
            plan.due(at: now, after: done).map(\.rfc3339) == [
                "2026-03-28T05:00:00.000Z", "2026-03-29T04:00:00.000Z", "2026-03-30T04:00:00.000Z",
                "2026-03-31T04:00:00.000Z",
            ]
        )
    }

    @Test(arguments: [0, 0.5, 14.2, 14.999, 15, 29.99])
    func waitsNeverPastTheNextTickNorLongerThanASecond(offset: Double) throws {
        let wait = try plan().wait(at: instant(offset), after: nil).seconds
        #expect(wait >= 0.01 && wait <= 1)
        if offset < 15 { #expect(offset + wait <= 15.02) }
    }

    /// Leaders come and go, and know only what is noted.
    @Test(arguments: [1, 7, 30]) func everyTickIsMadeOnceWhoeverLeads(seconds: Int) throws {
        let plan = try plan(.all, every: seconds, maximum: 1000)
        var made: [Date] = []
        var now = instant(0)
        var generator = SeededGenerator(seed: UInt64(seconds))
        while now < instant(3600) {
            made += plan.due(at: now, after: made.last ?? instant(-1))
            let isGap = Int.random(in: 0..<20, using: &generator) == 0
            let gap = isGap ? Double.random(in: 0...20, using: &generator) : 0
            now = now.addingTimeInterval(plan.wait(at: now, after: made.last).seconds + gap)
        }
        for (earlier, later) in zip(made, made.dropFirst()) {
            #expect(later.timeIntervalSince(earlier) == Double(seconds))
        }
        #expect(made.count > 3500 / seconds)
    }
}
