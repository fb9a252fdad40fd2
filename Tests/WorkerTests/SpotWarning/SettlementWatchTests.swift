import AWS
import FoundationEssentials
import Store
import Testing

@testable import Worker

struct SettlementWatchTests {
    private static let event = Date(timeIntervalSince1970: 1_000_000)

    private static func watch(
        _ action: String = "terminate",
        replacement: ReplacementOutcome? = launched,
        hasStarted: Bool = false
    ) throws -> SettlementWatch {
        let text = #"{"instance_id":"i-0abc","action":"\#(action)","event_time":"\#(event.rfc3339)"}"#
        let job = JobRecord(
            id: .version7(),
            type: "handle-spot-warning",
            queue: "handle-spot-warning",
            parameters: Array(text.utf8),
            priority: 1,
            runAt: event,
            maxAttempts: 1,
            submittedAt: event,
            submittedBy: "test"
        )
        let node = #"{"clusterID":"\#(UUID().text)","name":"n","uid":"u","foundAt":0}"#
        return SettlementWatch(
            interruption: try Interruption(job),
            node: try JSONDecoder().decode(InterruptedNode.self, from: Data(node.utf8)),
            replacement: replacement,
            hasStarted: hasStarted
        )
    }

    private static var launched: ReplacementOutcome {
        var outcome = ReplacementOutcome(.launched)
        outcome.instanceID = "i-0new"
        outcome.launchedAt = event
        return outcome
    }

    private static func at(_ seconds: Double) -> Date { event.addingTimeInterval(seconds) }

    @Test func isOverWhenTheMachineIsGoneAndTheReplacementJoined() throws {
        var watch = try Self.watch()
        #expect(watch.decide(.init(machine: .known(.running), hasJoined: false), at: Self.at(60)) == [])
        #expect(
            watch.decide(.init(machine: .known(.shuttingDown), hasJoined: true), at: Self.at(130))
                == [.note("machine_gone", at: Self.at(130)), .note("replacement_ready", at: Self.at(130))]
        )
        #expect(watch.isSettled)
    }

    @Test func givesANodeBackThatWasNotTaken() throws {
        var watch = try Self.watch(replacement: nil)
        #expect(watch.decide(.init(machine: .known(.running)), at: Self.at(299)) == [])
        let actions = watch.decide(.init(machine: .known(.running)), at: Self.at(301))
        #expect(actions.count == 1)
        guard case .release("n", _)? = actions.first else {
            Issue.record("\(actions)")
            return
        }
        #expect(watch.isSettled)
    }

    @Test func doubtIsNoReason() throws {
        var watch = try Self.watch()
        // Neither EC2 nor the cluster can be asked, for hours.
        for seconds in stride(from: 0.0, through: 9000, by: 300) {
            #expect(watch.decide(.init(), at: Self.at(seconds)) == [])
        }
        #expect(!watch.isSettled)
    }

    @Test func endsAReplacementThatDoesNotJoin() throws {
        var watch = try Self.watch()
        #expect(watch.decide(.init(replacement: .known(.running), hasJoined: false), at: Self.at(899)) == [])
        let actions = watch.decide(.init(replacement: .known(.running), hasJoined: false), at: Self.at(900))
        guard case .giveUp(let replacement, _)? = actions.first else {
            Issue.record("\(actions)")
            return
        }
        #expect(replacement.instanceID == "i-0new")
        // Only once.
        #expect(watch.decide(.init(replacement: .known(.running), hasJoined: false), at: Self.at(901)) == [])
    }

    @Test func anotherJobsReplacementIsNotOurs() throws {
        var adopted = Self.launched
        adopted.result = .adopted
        let watch = try Self.watch(replacement: adopted)
        #expect(watch.awaited == nil)
    }

    /// Its replacement may have joined, served and gone since then.
    @Test func aMachineThatRunsAgainGetsItsNodeBackAndNothingElse() throws {
        var watch = try Self.watch("stop", hasStarted: true)
        #expect(watch.awaited == nil)
        let actions = watch.decide(.init(machine: .known(.running)), at: Self.at(4000))
        guard actions.count == 1, case .release("n", let reason)? = actions.first else {
            Issue.record("\(actions)")
            return
        }
        #expect(reason.contains("runs again"))
        #expect(watch.isSettled)
    }

    @Test func aMachineThatIsStoppedAgainKeepsItsNodeCordoned() throws {
        var watch = try Self.watch("hibernate", hasStarted: true)
        // It may be about to stop for the first time still.
        #expect(watch.decide(.init(machine: .known(.running)), at: Self.at(100)) == [])
        #expect(watch.decide(.init(machine: .known(.stopped)), at: Self.at(4000)) == [])
        #expect(watch.isSettled)
    }

    @Test func aStoppedMachineKeepsItsNodeCordoned() throws {
        var watch = try Self.watch("stop", replacement: nil)
        #expect(watch.decide(.init(machine: .known(.stopped)), at: Self.at(200)) == [])
        let at = Self.at(400)
        #expect(watch.decide(.init(machine: .known(.stopped)), at: at) == [.note("machine_stopped", at: at)])
        #expect(watch.isSettled)
    }
}
