import FoundationEssentials
import Glibc
import Jobs
import Store
import TestKit
import Testing

@Suite("Two schedulers", .timeLimit(.minutes(3))) struct LeadershipTests {
    private func leader(_ servers: TestFleet) async throws -> LeadershipRecord? {
        try await LeadershipStore(pool: servers.pool).leader(Leadership.clock)
    }

    /// The process that leads, of those that run.
    private func process(_ leader: LeadershipRecord?, of processes: [ChildProcess]) -> ChildProcess? {
        guard let parts = leader?.holder.split(separator: ":"), parts.count >= 3 else { return nil }
        return processes.first { "\($0.identifier)" == parts[parts.count - 2] }
    }

    private func addCanary(_ servers: TestFleet) async throws {
        try await ScheduleStore(pool: servers.pool).add(
            ScheduleDefinition(
                name: "canary",
                jobType: "noop",
                everySeconds: 1,
                missed: .all,
                maximumCatchUp: 60
            )
        )
    }

    @Test func makeEachTickOnceWhateverHappensToTheLeader() async throws {
        try await ProcessFleet.with { fleet, servers in
            try await addCanary(servers)
            _ = try await fleet.startWorker()
            var schedulers = [try await fleet.startScheduler(), try await fleet.startScheduler()]
            var terms: [Int64] = []
            try await eventually("the first leader's first tick") {
                try await ScheduleStore(pool: servers.pool).find("canary")?.lastTick != nil
            }
            let begin = try await servers.queue.journal.now()
            for _ in 0..<4 {
                var victim: ChildProcess?
                let kill = ContinuousClock.now
                try await eventually(within: .seconds(10), "a leader") {
                    let found = try await leader(servers)
                    guard let found, !terms.contains(found.term) else { return false }
                    victim = process(found, of: schedulers)
                    if victim != nil { terms.append(found.term) }
                    return victim != nil
                }
                if terms.count > 1 { #expect(ContinuousClock.now - kill < .seconds(5)) }
                try await Task.sleep(for: .seconds(2))
                let killed = try #require(victim)
                killed.signal(SIGKILL)
                #expect(try await killed.end() == -Int(SIGKILL))
                schedulers.removeAll { $0 === killed }
                schedulers.append(try fleet.start(.scheduler))
            }
            try await eventually(within: .seconds(10), "a leader") {
                try await leader(servers).map { !terms.contains($0.term) } ?? false
            }
            let end = try await servers.queue.journal.now()
            try await eventually(within: .seconds(10), "a later tick") {
                let last = try await ScheduleStore(pool: servers.pool).find("canary")?.lastTick
                return last.map { $0 > end } ?? false
            }
            let jobs = try await servers.queue.journal.entries(.init(type: "noop"), before: nil, limit: 1000)
                .map(\.job)
            let ticks = jobs.map { $0.id.version7Milliseconds }.sorted()
            try #require(ticks.count > 12)
            #expect(ticks == (0..<ticks.count).map { ticks[0] + Int64($0) * 1000 })
            // They were made ahead, so that none was late, whoever died; but for what passed before the first leader.
            let late = jobs.filter { $0.runAt > begin && $0.submittedAt > $0.runAt }
            #expect(late.isEmpty, "\(late.map { "\($0.runAt.rfc3339): \($0.submittedAt.rfc3339)" })")
            #expect(terms == terms.sorted() && Set(terms).count == 4)
        }
    }

    @Test func handOverAtOnce() async throws {
        try await ProcessFleet.with { fleet, servers in
            try await addCanary(servers)
            let schedulers = [try await fleet.startScheduler(), try await fleet.startScheduler()]
            try await eventually("a leader") { try await leader(servers) != nil }
            let first = try #require(process(try await leader(servers), of: schedulers))
            let begin = ContinuousClock.now
            first.signal(SIGTERM)
            try await eventually("the other one leads") {
                let now = process(try await leader(servers), of: schedulers)
                return now != nil && now !== first
            }
            #expect(ContinuousClock.now - begin < .seconds(1))
            #expect(try await first.end() == 0)
        }
    }
}
