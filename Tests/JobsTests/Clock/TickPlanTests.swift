import FoundationEssentials
import Store
import Testing

@testable import Jobs

struct TickPlanTests {
    private func instant(_ seconds: Double) -> Date { Date(timeIntervalSince1970: 1_760_000_010 + seconds) }

    @Test func makesTheIntervalWeAreIn() {
        let plan = TickPlan(every: .seconds(30), lookAhead: .seconds(15))
        #expect(plan.due(at: instant(0)) == [instant(0)])
        #expect(plan.due(at: instant(14.9)) == [instant(0)])
    }

    @Test func makesTheNextIntervalALittleBeforeItBegins() {
        let plan = TickPlan(every: .seconds(30), lookAhead: .seconds(15))
        #expect(plan.due(at: instant(15)) == [instant(0), instant(30)])
        #expect(plan.due(at: instant(29.999)) == [instant(0), instant(30)])
    }

    @Test func makesNoTickTwice() {
        var plan = TickPlan(every: .seconds(30), lookAhead: .seconds(15))
        plan.made(instant(0))
        #expect(plan.due(at: instant(1)) == [])
        #expect(plan.due(at: instant(15)) == [instant(30)])
        plan.made(instant(30))
        #expect(plan.due(at: instant(31)) == [])
    }

    @Test func doesNotMakeUpForMissedTicks() {
        var plan = TickPlan(every: .seconds(30), lookAhead: .seconds(15))
        plan.made(instant(0))
        #expect(plan.due(at: instant(3601)) == [instant(3600)])
    }

    @Test func aClockThatGoesBackMakesNothing() {
        var plan = TickPlan(every: .seconds(30), lookAhead: .seconds(15))
        plan.made(instant(300))
        plan.made(instant(0))
        #expect(plan.last == instant(300))
        #expect(plan.due(at: instant(200)) == [])
    }

    @Test func aRestartMakesTheSameTicksAgain() {
        var first = TickPlan(every: .seconds(30), lookAhead: .seconds(15))
        let ticks = first.due(at: instant(20))
        ticks.forEach { first.made($0) }
        let second = TickPlan(every: .seconds(30), lookAhead: .seconds(15))
        #expect(second.due(at: instant(20)) == ticks)
    }

    @Test(arguments: [0, 0.5, 14.2, 14.999, 15, 29.99])
    func waitsNeverPastTheNextTickNorLongerThanASecond(offset: Double) {
        let plan = TickPlan(every: .seconds(30), lookAhead: .seconds(15))
        let wait = plan.wait(at: instant(offset)).seconds
        #expect(wait >= 0.01 && wait <= 1)
        if offset < 15 { #expect(offset + wait <= 15.02) }
    }

    @Test func everyTickOfADayIsMadeOnce() {
        var plan = TickPlan(every: .seconds(30), lookAhead: .seconds(15))
        var made: [Date] = []
        var now = instant(0)
        while now < instant(86_400) {
            for tick in plan.due(at: now) {
                made.append(tick)
                plan.made(tick)
            }
            now = now.addingTimeInterval(plan.wait(at: now).seconds)
        }
        #expect(made == (0..<made.count).map { instant(Double($0) * 30) })
        #expect(made.count == 2881 || made.count == 2880)
    }
}
