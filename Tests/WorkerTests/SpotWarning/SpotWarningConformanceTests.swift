import AWS
import FoundationEssentials
import Jobs
import Postgres
import Store
import TestKit
import Testing

@testable import Worker

/// The handler against a real API server and moto.
@Suite(
    "SpotWarning conformance",
    .enabled(if: ControlPlane.isAvailable, "\(ControlPlane.missing)"),
    .timeLimit(.minutes(3))
)
struct SpotWarningConformanceTests {
    @Test func drainsAndReplacesOnce() async throws {
        try await RescuedCluster.with { rescued in
            try await rescued.addPods(5)
            let report = try await rescued.run(rescued.warning())
            #expect(try await rescued.pods() == 0)
            let metadata = try #require(report.metadata.members)
            #expect(metadata["action"] == .string("drained"))
            let machine = try #require(try await rescued.replacements().first)
            #expect(machine.type?.hasPrefix("m") == true)
            #expect(machine.zone == "us-east-1a")
            #expect(machine.tags["kubernetes.io/cluster/shop"] == "owned")
            #expect(machine.tags["team"] == "shop")
            // Another event for the same machine, and another.
            for fence in Int64(2)...3 {
                let again = try await rescued.run(rescued.warning(), fence: fence)
                let replacement = again.metadata.members?["replacement"]?.members
                #expect(replacement?["result"] == .string("adopted"))
            }
            #expect(try await rescued.replacements().count == 1)
            let rows = try await rescued.fleet.pool.query(
                """
                SELECT status, node_name, replacement_instance_id AS replacement, timings ? 'drained' AS timed
                FROM spot_events ORDER BY received_at LIMIT 1
                """
            )
            let row = try #require(rows.first)
            #expect(try row.decode("status") == "handled")
            #expect(try row.decode("node_name") == rescued.node)
            #expect(try row.decode("replacement") == machine.id)
            #expect(try row.decode("timed") == true)
        }
    }

    /// Moto does not know client tokens: a launch that is repeated blindly makes a second machine there.
    @Test func aLaunchWithoutAnAnswerIsLookedFor() async throws {
        try await RescuedCluster.with(.losesAnswer) { rescued in
            try await rescued.addPods(1)
            let report = try await rescued.run(rescued.warning())
            let machines = try await rescued.replacements()
            #expect(machines.count == 1)
            let replacement = report.metadata.members?["replacement"]?.members
            #expect(replacement?["result"] == .string("launched"))
            #expect(replacement?["instance_id"] == machines.first.map { .string($0.id) })
        }
    }

    /// Whatever a worker had recorded when it died, the next one leaves one machine, and drains once.
    @Test(arguments: ["node", "launch", "replacement", "drain", "drained"])
    func goesOnFromEachStep(step: String) async throws {
        try await RescuedCluster.with(.knowsTokens) { rescued in
            try await rescued.addPods(3)
            let job = rescued.warning()
            let first = Task { try await rescued.run(job, fence: 1) }
            let steps = StepStore(pool: rescued.fleet.pool)
            try await eventually(within: .seconds(60), "the step \(step)") {
                try await steps.steps(of: job.id)[step] != nil
            }
            first.cancel()
            _ = await first.result
            let report = try await rescued.run(job, fence: 2)
            #expect(try await rescued.pods() == 0)
            #expect(try await rescued.replacements().count == 1)
            let drain = report.metadata.members?["drain"]?.members
            #expect(drain?["outcome"] == .string("drained"))
        }
    }

    @Test func lateAndForeignEventsAreRecordedAndNotActedOn() async throws {
        try await RescuedCluster.with { rescued in
            try await rescued.addPods(1)
            let late = try await rescued.run(rescued.warning(at: Date().addingTimeInterval(-121)))
            #expect(late.metadata.members?["action"] == .string("recorded"))
            var foreign = rescued.warning()
            foreign.parameters = Array(#"{"instance_id":"i-0123456789abcdef0"}"#.utf8)
            _ = try await rescued.run(foreign, fence: 2)
            #expect(try await rescued.pods() == 1)
            #expect(try await rescued.replacements().isEmpty)
            let rows = try await rescued.fleet.pool.query(
                "SELECT status FROM spot_events ORDER BY received_at"
            )
            #expect(try rows.map { try $0.decode("status", as: String.self) } == ["late", "foreign"])
        }
    }

    @Test func givesTheNodeBackOfAMachineThatRunsAgain() async throws {
        try await RescuedCluster.with { rescued in
            // As the journal has it, it was long ago.
            var job = rescued.warning(action: "stop", at: Date().addingTimeInterval(-400))
            _ = try await rescued.fleet.queue.journal.accept([JobAcceptance(record: job, runsAtOnce: false)])
            let recent = rescued.warning(action: "stop")
            job.parameters = recent.parameters
            job.deadline = recent.deadline
            _ = try await rescued.run(job)
            #expect(try await rescued.isHeld(by: job.id))
            let settlement = try rescued.settlement(of: job.id)
            _ = try await rescued.fleet.pool.execute(
                """
                INSERT INTO spot_events (event_id, customer_id, instance_id, event_type, event_time, source_event_id, job_id)
                VALUES (\(UUID.version7()), \(rescued.customerID), \(rescued.instanceID), 'state_change', now(), 'r',
                    \(settlement.id))
                """
            )
            let report = try await rescued.settle(settlement)
            #expect(report.logs.last?.contains("runs again") == true)
            #expect(try await !rescued.isHeld(by: job.id))
            let rows = try await rescued.fleet.pool.query(
                """
                SELECT status, action_taken, timings ? 'node_returned' AS timed, job_id FROM spot_events ORDER BY event_type
                """
            )
            #expect(try rows.map { try $0.decode("status", as: String.self) } == ["handled", "handled"])
            #expect(try rows[0].decode("action_taken") == "node_returned")
            #expect(try rows[1].decode("timed") == true)
            // Its replacement stays.
            #expect(try await rescued.replacements().count == 1)
        }
    }

    /// What somebody else made of the node meanwhile stays as it is.
    @Test func leavesANodeToWhoeverHoldsIt() async throws {
        try await RescuedCluster.with { rescued in
            var job = rescued.warning(action: "hibernate", at: Date().addingTimeInterval(-400))
            _ = try await rescued.fleet.queue.journal.accept([JobAcceptance(record: job, runsAtOnce: false)])
            job.parameters = rescued.warning(action: "hibernate").parameters
            job.deadline = Date().addingTimeInterval(120)
            // The pods of a machine that freezes at once are lost or not; nobody is told.
            _ = try? await rescued.run(job)
            let other = UUID.version7()
            try await rescued.hold(for: other)
            _ = try await rescued.settle(try rescued.settlement(of: job.id))
            #expect(try await rescued.isHeld(by: other))
        }
    }

    @Test func aLostClaimDoesNothingMore() async throws {
        try await RescuedCluster.with { rescued in
            let job = rescued.warning()
            let steps = StepStore(pool: rescued.fleet.pool)
            _ = try await steps.record("other", Array("{}".utf8), of: job.id, fence: 9)
            await #expect(throws: JobFailure.self) { _ = try await rescued.run(job, fence: 1) }
            let replacements = try await rescued.replacements()
            #expect(replacements.isEmpty)
        }
    }
}
