import FoundationEssentials
import Store
import TestKit
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct QueueOrderTests {
    @Test func isByPriorityThenDeadlineThenSubmission() async throws {
        try await TestFleet.with { fleet async throws in
            let hour = Date(millisecondsSince1970: Date().millisecondsSince1970 + 3_600_000)
            let start = Date().addingTimeInterval(-1)
            let jobs: [JobRecord] = [
                .sample(priority: 1, deadline: hour.addingTimeInterval(500)),
                .sample(priority: 5, deadline: hour.addingTimeInterval(-60)),
                .sample(priority: 5, deadline: hour, id: .version7(at: start)),
                .sample(priority: 5, deadline: hour, id: .version7(at: start.addingTimeInterval(0.002))),
                .sample(priority: 5, deadline: hour.addingTimeInterval(0.001), id: .version7(at: start)),
                .sample(priority: 10, deadline: hour.addingTimeInterval(-3000)),
            ]
            try await fleet.put(jobs.shuffled())
            #expect(try await fleet.index.peek("noop", limit: 10).map(\.id) == jobs.map(\.id))
            #expect(try await fleet.claim(4).map(\.job.id) == jobs.prefix(4).map(\.id))
            #expect(try await fleet.claim(4).map(\.job.id) == jobs.dropFirst(4).map(\.id))
        }
    }

    @Test func givesFencesThatOnlyGrow() async throws {
        try await TestFleet.with { fleet async throws in
            try await fleet.put((0..<20).map { _ in .sample() })
            var fences: [Int64] = []
            for _ in 0..<4 { fences += try await fleet.claim(5).map(\.fence) }
            #expect(fences.count == 20)
            #expect(zip(fences, fences.dropFirst()).allSatisfy { $0 < $1 })
            #expect(try await fences[0] > fleet.journal.epoch())
        }
    }

    @Test func aGroupWithRunningJobsYieldsToOneWithFewer() async throws {
        try await TestFleet.with { fleet async throws in
            let (busy, quiet) = (UUID(), UUID())
            let deadline = Date(millisecondsSince1970: Date().millisecondsSince1970 + 3_600_000)
            // The busy cluster's jobs all come before the quiet one's, by less than a quantum each.
            let first = (0..<6).map { number in
                JobRecord.sample(
                    cluster: busy,
                    deadline: deadline.addingTimeInterval(Double(number) / 1000)
                )
            }
            let second = (0..<3).map { number in
                JobRecord.sample(
                    cluster: quiet,
                    deadline: deadline.addingTimeInterval(0.1 + Double(number) / 1000)
                )
            }
            try await fleet.put(first + second)
            let order = try await fleet.claim(6).map { $0.job.clusterID == busy ? "busy" : "quiet" }
            #expect(order == ["busy", "quiet", "busy", "quiet", "busy", "quiet"])
        }
    }

    @Test func fairnessDoesNotReachAcrossPriorities() async throws {
        try await TestFleet.with { fleet async throws in
            let (busy, quiet) = (UUID(), UUID())
            try await fleet.put(
                (0..<5).map { _ in .sample(cluster: busy, priority: 4) }
                    + (0..<5).map { _ in .sample(cluster: quiet, priority: 5) }
            )
            #expect(try await fleet.claim(5).allSatisfy { $0.job.clusterID == busy })
        }
    }

    @Test func aBoundLeavesLessUrgentJobs() async throws {
        try await TestFleet.with { fleet async throws in
            try await fleet.put([.sample(priority: 2), .sample(priority: 3)])
            #expect(try await fleet.claim(5, leastUrgent: 1).isEmpty)
            #expect(try await fleet.claim(5, leastUrgent: 2).map(\.job.priority) == [2])
            #expect(try await fleet.claim(5).map(\.job.priority) == [3])
        }
    }

    @Test func servesSeveralQueuesInOneOrder() async throws {
        try await TestFleet.with { fleet async throws in
            let jobs: [JobRecord] = [
                .sample(queue: "b", priority: 1), .sample(queue: "a", priority: 2),
                .sample(queue: "b", priority: 3),
            ]
            try await fleet.put(jobs)
            #expect(try await fleet.claim(5, queues: ["a", "b"]).map(\.job.id) == jobs.map(\.id))
        }
    }

    @Test func aDelayedJobBecomesReadyWhenItIsDue() async throws {
        try await TestFleet.with { fleet async throws in
            let due = Date().addingTimeInterval(2)
            let job = try await fleet.put([.sample(runAt: due)])[0]
            let claims = try await fleet.index.claim(
                worker: "w1",
                queues: ["noop"],
                limit: 1,
                leastUrgent: 10,
                lease: .seconds(60)
            )
            #expect(claims.leases.isEmpty)
            #expect(try #require(claims.nextDue) <= .milliseconds(2001))
            #expect(
                try await fleet.place(of: job)
                    == .delayed(
                        until: Date(millisecondsSince1970: due.millisecondsSince1970),
                        attemptsUsed: 0
                    )
            )
            try await eventually("the job to be due") {
                try await fleet.claim().first?.job.id == job.id
            }
            #expect(Date() >= due.addingTimeInterval(-0.05))
        }
    }

    @Test func countsWhatIsWhere() async throws {
        try await TestFleet.with { fleet async throws in
            let key = "k"
            try await fleet.put(
                [.sample(priority: 1, exclusiveKey: key), .sample(priority: 2, exclusiveKey: key)]
            )
            let running = try await fleet.claim(5)
            try await fleet.put(
                (0..<3).map { _ in .sample() } + [.sample(runAt: Date().addingTimeInterval(600))]
            )
            let stats = try #require(try await fleet.index.stats(of: nil).first)
            #expect(stats.name == "noop" && !stats.isPaused)
            #expect([stats.ready, stats.delayed, stats.blocked, stats.running] == [3, 1, 1, 1])
            #expect(try #require(stats.oldestReady) < .seconds(30))
            #expect(try #require(stats.minimumSlack) > .seconds(3000))
            #expect(running.count == 1)
        }
    }

    @Test func enqueueingAgainChangesNothing() async throws {
        try await TestFleet.with { fleet async throws in
            let job = try await fleet.put([.sample()])[0]
            #expect(try await fleet.index.enqueue([.init(job: job, isReloaded: true)]) == 0)
            let lease = try #require(try await fleet.claim().first)
            #expect(!lease.mayHaveRun)
            #expect(try await fleet.index.enqueue([.init(job: job)]) == 0)
            #expect(try await fleet.claim().isEmpty)
        }
    }
}
