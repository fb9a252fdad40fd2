import Testing

@testable import Drain

struct PlanRulesTests {
    private let urgent = PlanRules(DeadlinePolicy(), deadline: .seconds(120))

    @Test(arguments: [
        (30, 0, 30), (30, 82, 30), (30, 83, 29), (600, 0, 112), (600, 100, 12), (600, 111, 1), (600, 113, 1),
        (600, 200, 1), (0, 0, 1), (1, 0, 1),
    ])
    func cutsTheTimeToStop(own: Int, now: Int, expected: Int) {
        #expect(urgent.graceSeconds(own: .seconds(own), at: .seconds(now)) == expected)
    }

    @Test(arguments: [(30, 82), (600, -488), (0, 111), (1, 111)])
    func callsInTime(grace: Int, expected: Int) {
        #expect(urgent.lastCall(grace: .seconds(grace)) == .seconds(expected))
    }

    @Test func leavesAPodItsOwnTime() {
        let rules = PlanRules(VoluntaryPolicy())
        #expect(rules.graceSeconds(own: .seconds(90), at: .zero) == nil)
        #expect(rules.graceSeconds(own: .zero, at: .zero) == 1)
        #expect(rules.lastCall(grace: .seconds(30)) == nil)
        let short = PlanRules(VoluntaryPolicy(gracePeriod: .seconds(10)))
        #expect(short.graceSeconds(own: .seconds(90), at: .zero) == 10)
        #expect(short.graceSeconds(own: .seconds(5), at: .zero) == 10)
    }

    @Test(arguments: [
        (1, 1.0, 1000), (2, 1, 2000), (4, 1, 8000), (5, 1, 10000), (99, 1, 10000), (3, 0.5, 2000),
        (3, 0, 100),
    ])
    func backsOff(failures: Int, random: Double, milliseconds: Int) {
        #expect(urgent.backOff(failures: failures, random: random) == .milliseconds(milliseconds))
    }
}
