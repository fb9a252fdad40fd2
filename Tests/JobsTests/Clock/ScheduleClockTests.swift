import FoundationEssentials
import Postgres
import Store
import TestKit
import Testing

@testable import Jobs

@Suite("The clock's loop", .timeLimit(.minutes(1))) struct ScheduleClockTests {
    private func jobs(_ fleet: TestFleet, _ targets: [Schedule.Target] = []) -> ScheduledJobs {
        ScheduledJobs(
            queue: fleet.queue,
            store: ScheduleStore(pool: fleet.pool),
            targets: { targets },
            logger: fleet.logger
        )
    }

    private func clock(
        _ fleet: TestFleet,
        _ targets: [Schedule.Target] = [],
        builtIn: [ScheduleDefinition] = []
    ) -> Task<Void, Never> {
        let clock = ScheduleClock(
            store: ScheduleStore(pool: fleet.pool),
            jobs: jobs(fleet, targets),
            builtIn: builtIn,
            logger: fleet.logger
        )
        return Task { await clock.run() }
    }

    /// The ticks that have jobs, of each schedule's own time.
    private func ticks(_ fleet: TestFleet, of name: String) async throws -> [Int] {
        let entries = try await fleet.journal.entries(.init(), before: nil, limit: 1000)
        return entries.filter { $0.job.submittedBy == "schedule:\(name)" }
            .map { Int($0.job.id.version7Milliseconds) }.sorted()
    }

    private let canary = ScheduleDefinition(
        name: "canary",
        jobType: "noop",
        everySeconds: 1,
        missed: .all,
        maximumCatchUp: 100
    )

    @Test func manyMakeEachTickOnce() async throws {
        try await TestFleet.with { fleet in
            let store = ScheduleStore(pool: fleet.pool)
            try await store.add(canary)
            let clocks = (0..<3).map { _ in clock(fleet) }
            try await eventually(within: .seconds(30), "ticks") {
                try await ticks(fleet, of: "canary").count >= 9
            }
            for clock in clocks { clock.cancel() }
            for clock in clocks { await clock.value }
            let made = try await ticks(fleet, of: "canary")
            #expect(made == (0..<made.count).map { made[0] + $0 * 1000 })
            let last = try #require(try await store.find("canary")?.lastTick)
            // Whoever was cancelled before it could note a tick leaves that to the next.
            #expect(made.suffix(made.count / 2).contains(Int(last.millisecondsSince1970)))
        }
    }

    @Test func goesOnWhereTheLastOneEnded() async throws {
        try await TestFleet.with { fleet in
            let store = ScheduleStore(pool: fleet.pool)
            try await store.add(canary)
            let now = try await store.board().now
            let begin = Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.down) - 20)
            _ = try await fleet.pool.execute("UPDATE schedules SET ticks_after = NULL, last_tick = \(begin)")
            // One died after it made a job and before it noted the tick.
            let schedule = try Schedule(canary)
            let orphan = schedule.submission(tick: begin.addingTimeInterval(1), for: nil, at: begin)
            _ = try await fleet.queue.submit(batch: [orphan], at: begin)
            let task = clock(fleet)
            try await eventually("the missed ticks") { try await ticks(fleet, of: "canary").count >= 20 }
            task.cancel()
            await task.value
            let made = try await ticks(fleet, of: "canary")
            #expect(made[0] == Int(begin.millisecondsSince1970) + 1000)
            #expect(made == (0..<made.count).map { made[0] + $0 * 1000 })
        }
    }

    @Test func worksForEveryClusterAndLeavesPausedSchedulesAlone() async throws {
        try await TestFleet.with { fleet in
            let store = ScheduleStore(pool: fleet.pool)
            var paused = canary
            paused.name = "paused"
            try await store.add(paused)
            #expect(try await store.pause("paused", true)?.isPaused == true)
            // More than one batch of them.
            let targets = (0..<1200).map { _ in (cluster: UUID(), customer: UUID()) }
            let task = clock(fleet, targets, builtIn: [Schedule.collectMetrics(every: .seconds(60))])
            try await eventually(within: .seconds(30), "a tick") {
                try await store.find("collect-metrics")?.lastTick != nil
            }
            task.cancel()
            await task.value
            let rows = try await fleet.pool.query(
                """
                SELECT count(*)::bigint AS jobs, count(DISTINCT cluster_id)::bigint AS clusters,
                    count(DISTINCT left(job_id::text, 13))::bigint AS ticks FROM jobs
                """
            )
            let row = try #require(rows.first)
            #expect(try row.decode("clusters", as: Int.self) == 1200)
            #expect(try row.decode("jobs", as: Int.self) == 1200 * row.decode("ticks", as: Int.self))
            #expect(try await ticks(fleet, of: "paused") == [])
        }
    }

    @Test func aScheduleThatCannotBeFollowedDoesNotStopTheOthers() async throws {
        try await TestFleet.with { fleet in
            let store = ScheduleStore(pool: fleet.pool)
            try await store.add(ScheduleDefinition(name: "broken", jobType: "nap", everySeconds: 1))
            try await store.add(canary)
            let task = clock(fleet)
            try await eventually("a tick") { try await ticks(fleet, of: "canary").count > 2 }
            task.cancel()
            await task.value
        }
    }

    @Test func runsNowBesideTheTicks() async throws {
        try await TestFleet.with { fleet in
            let targets = (0..<3).map { _ in (cluster: UUID(), customer: UUID()) }
            let all = try Schedule(
                ScheduleDefinition(name: "all", jobType: "noop", everySeconds: 60, isPerCluster: true)
            )
            let first = try await jobs(fleet, targets).run(all, by: "operator")
            let second = try await jobs(fleet, targets).run(all, by: "operator")
            #expect(Set(first + second).count == 6)
            let entry = try #require(try await fleet.journal.entry(first[0]))
            #expect(entry.job.submittedBy == "operator")
            #expect(entry.job.clusterID == targets[0].cluster && entry.job.customerID == targets[0].customer)
            #expect(try await fleet.place(of: entry.job) == .ready(attemptsUsed: 0))
        }
    }
}
