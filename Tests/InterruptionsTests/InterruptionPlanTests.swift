import FoundationEssentials
import Interruptions
import Jobs
import Store
import Testing

@Suite("Interruption plan") struct InterruptionPlanTests {
    private let customer = UUID.version7()
    private let now = Date(timeIntervalSince1970: 1_800_000_000)

    private func plan(_ kind: InterruptionEvent.Kind, age: Double = 10) -> InterruptionPlan {
        let event = InterruptionEvent(
            kind: kind,
            sourceID: "e",
            instanceID: "i-0abc",
            region: "us-east-1",
            time: now.addingTimeInterval(-age),
            detail: .object([:])
        )
        return InterruptionPlan(event, customer: customer, by: "test", at: now)
    }

    @Test(arguments: [
        (InterruptionEvent.Kind.spotInterruption(.terminate), "terminate", 110.0, 1, "warning"),
        (.spotInterruption(.stop), "stop", 110, 1, "warning"),
        (.spotInterruption(.hibernate), "hibernate", 110, 1, "warning"),
        (.autoScalingTermination, "terminate", 110, 1, "warning"),
        (.capacityReservation, "terminate", 110, 1, "warning"),
        (.rebalance, "rebalance", 1790, 2, "rebalance"),
        (.stateChange(.stopping), "state-change", 590, 2, "other"),
        (.stateChange(.stopped), "state-change", 590, 2, "other"),
        (.stateChange(.shuttingDown), "state-change", 590, 2, "other"),
        (.stateChange(.terminated), "state-change", 590, 2, "other"),
        (
            .scheduledEvent(startsAt: Date(timeIntervalSince1970: 1_800_003_600)), "scheduled", 3600, 2,
            "other"
        ),
        (
            .scheduledEvent(startsAt: Date(timeIntervalSince1970: 1_900_000_000)), "scheduled", 21_600, 2,
            "other"
        ),
        (.scheduledEvent(startsAt: nil), "scheduled", 21_600, 2, "other"),
    ])
    func givesEachItsJob(
        _ kind: InterruptionEvent.Kind,
        _ action: String,
        _ left: Double,
        _ priority: Int,
        _ urgency: String
    ) throws {
        let plan = plan(kind)
        #expect(plan.status == .accepted)
        #expect(plan.reason == nil)
        #expect(plan.deadline == now.addingTimeInterval(left))
        let submission = try #require(plan.submission)
        #expect(submission.type == "handle-spot-warning")
        #expect(submission.customerID == customer)
        #expect(submission.deadline == plan.deadline)
        #expect(submission.priority == priority)
        #expect(submission.dedupeKey == "interruption:i-0abc:\(urgency)")
        #expect(submission.whenDuplicate == .merge)
        #expect(
            submission.parameters == [
                "instance_id": .string("i-0abc"), "action": .string(action), "region": .string("us-east-1"),
                "event_time": .string(now.addingTimeInterval(-10).rfc3339),
            ]
        )
        #expect(throws: Never.self) { try submission.accepted(at: now) }
    }

    @Test func doesNothingAboutMachinesThatBegin() {
        for state in [InterruptionEvent.State.pending, .running] {
            let plan = plan(.stateChange(state))
            #expect(plan.status == .ignored)
            #expect(plan.submission == nil)
            #expect(plan.deadline == nil)
        }
    }

    @Test func givesTheNodeBackOfAMachineThatRunsAgain() throws {
        let stop = SpotEventStore.Stop(interruption: .version7(), clusterID: .version7())
        func plan(_ state: InterruptionEvent.State) -> InterruptionPlan {
            let event = InterruptionEvent(
                kind: .stateChange(state),
                sourceID: "e",
                instanceID: "i-0abc",
                time: now,
                detail: .object([:])
            )
            return InterruptionPlan(event, customer: customer, after: stop, by: "test", at: now)
        }
        let running = plan(.running)
        #expect(running.status == .accepted)
        #expect(running.deadline == nil)
        let submission = try #require(running.submission)
        #expect(submission.type == "settle-interruption")
        #expect(submission.clusterID == stop.clusterID && submission.customerID == customer)
        #expect(
            submission.parameters == [
                "interruption": .string(stop.interruption.text), "machine_started": .bool(true),
            ]
        )
        #expect(throws: Never.self) { try submission.accepted(at: now) }
        #expect(plan(.pending).status == .ignored)
        #expect(plan(.stopped).submission?.type == "handle-spot-warning")
    }

    @Test func replacesEvenWhenItIsTooLateToDrain() throws {
        let plan = plan(.spotInterruption(.terminate), age: 120)
        #expect(plan.status == .late)
        #expect(plan.reason == "heard of 120 s after the event")
        #expect(plan.deadline == now)
        let submission = try #require(plan.submission)
        #expect(submission.deadline == now.addingTimeInterval(600))
        #expect(submission.parameters["action"] == .string("terminate"))
        #expect(submission.parameters["event_time"] == .string(now.addingTimeInterval(-120).rfc3339))
        let inTime = self.plan(.spotInterruption(.terminate), age: 119.5)
        #expect(inTime.status == .accepted)
        let old = self.plan(.rebalance, age: 1800)
        #expect(old.status == .late)
        #expect(old.submission == nil)
    }

    @Test func aClockThatIsAheadGivesNoMoreTime() {
        #expect(plan(.spotInterruption(.stop), age: -3600).deadline == now.addingTimeInterval(120))
    }
}
