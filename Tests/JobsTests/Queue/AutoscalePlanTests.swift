import Testing

@testable import Jobs

struct AutoscalePlanTests {
    private func stats(
        ready: Int,
        running: Int = 0,
        in accepted: Int = 0,
        out finished: Int = 0,
        busy: Duration = .zero
    )
        -> LiveIndex.QueueStats
    {
        LiveIndex.QueueStats(
            name: "q",
            ready: ready,
            delayed: 0,
            blocked: 0,
            running: running,
            isPaused: false,
            oldestReady: nil,
            minimumSlack: nil,
            acceptedLastMinute: accepted,
            finishedLastMinute: finished,
            busyLastMinute: busy
        )
    }

    @Test func nothingNeedsNobody() {
        #expect(AutoscalePlan(stats: [stats(ready: 0)], slots: 16).desiredWorkers == 0)
    }

    @Test func followsTheFlowAndTheBacklog() {
        // 10 a second of 2 s each keep 20 slots busy; 600 more to be cleared in a minute another 20.
        let plan = AutoscalePlan(
            stats: [stats(ready: 600, in: 600, out: 300, busy: .seconds(600))],
            slots: 10
        )
        #expect(plan.byQueue["q"] == .init(backlog: 600, serviceSeconds: 2, desired: 4))
        #expect(plan.desiredWorkers == 4)
    }

    @Test func neverTakesAwayWhatRuns() {
        #expect(AutoscalePlan(stats: [stats(ready: 0, running: 33)], slots: 16).desiredWorkers == 3)
    }
}
