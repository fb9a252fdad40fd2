import AWS
import FoundationEssentials
import Glibc
import Jobs
import Postgres
import Store
import TestKit
import Testing

@testable import Worker

/// Workers that are really killed while they terminate a ghost.
@Suite(
    "Killed terminations",
    .enabled(if: ControlPlane.isAvailable, "\(ControlPlane.missing)"),
    .timeLimit(.minutes(3))
)
struct KilledTerminationTests {
    /// Whose worker is killed, and what becomes of what it had sent to the database last.
    enum Case: CaseIterable {
        /// It is written though the worker is dead.
        case machineWritten
        /// It is lost with the worker.
        case memberLost
    }

    @Test(arguments: ["looked", "taken", "tried", "acting", "ended", "terminated"], Case.allCases)
    func anotherWorkerGoesOn(step: String, what: Case) async throws {
        try await HauntedCluster.with { haunted in
            let group = what == .memberLost ? try await haunted.makeGroup(of: 2) : []
            let id = if let member = group.first { member } else { try await haunted.launch() }
            if let other = group.last { try await haunted.addNode(on: other) }
            try await haunted.fleet.makeChannel(for: haunted.customerID)
            for _ in 0..<2 { try await haunted.scan() }
            let directory = try TemporaryDirectory()

            let job = try await haunted.fleet.pool.withConnection { connection in
                try await haunted.hold(step, with: connection)
                let job = try await haunted.submitTermination(of: id)
                let worker = try haunted.startWorker(log: "\(directory.path)/first.log")
                defer { worker.remove() }
                try await eventually(within: .seconds(60), "a worker that is about to write \(step)") {
                    guard worker.exitCode == nil else { throw ProcessFailure(description: worker.output) }
                    return try await haunted.waiting() == 1
                }
                worker.signal(SIGKILL)
                #expect(try await worker.end() == Int(-SIGKILL))
                try await haunted.letGo(with: connection, isWritten: what == .machineWritten)
                return job
            }
            let next = try haunted.startWorker(log: "\(directory.path)/second.log")
            defer { next.remove() }
            let journal = haunted.fleet.queue.journal
            try await eventually(within: .seconds(90), "the job's end") {
                guard next.exitCode == nil else { throw ProcessFailure(description: next.output) }
                return try await journal.entry(job)?.attempts.last?.isTerminal == true
            }

            let entry = try #require(try await journal.entry(job))
            #expect(entry.attempts.map(\.status) == [.lost, .success])
            #expect(try await haunted.state(of: id) == .terminated)
            #expect(try await haunted.events() == [.flagged, .terminated])
            #expect(try await haunted.told() == ["ghost_flagged", "ghost_terminated"])
            if let other = group.last {
                #expect(try await haunted.desiredCapacity() == 1)
                #expect(try await haunted.state(of: other) == .running)
            }
        }
    }
}
