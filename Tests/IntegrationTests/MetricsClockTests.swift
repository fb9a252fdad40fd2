import FoundationEssentials
import Glibc
import Jobs
import Store
import TestKit
import Testing

@Suite("The clock", .timeLimit(.minutes(3))) struct MetricsClockTests {
    @Test func everyClusterHasOneSampleAnInterval() async throws {
        let interval = 5.0
        let sandbox = try await SandboxServer(clusters: 3)
        try await ProcessFleet.with(["METRICS_INTERVAL_SECONDS": "5"]) { fleet, servers in
            _ = try await fleet.startAPI()
            var clusters: Set<String> = []
            for cluster in sandbox.clusters {
                clusters.insert(try await fleet.register(cluster, authority: sandbox.authority))
            }
            _ = try await fleet.startWorker()
            let first = try await fleet.startScheduler()
            func now() async throws -> Date { try await servers.queue.journal.now() }
            let begin = (try await now().timeIntervalSince1970 / interval + 1).rounded(.down) * interval
            try await eventually(within: .seconds(30), "the middle") {
                try await now().timeIntervalSince1970 > begin + 1.5 * interval
            }
            first.signal(SIGTERM)
            #expect(try await first.end() == 0)
            _ = try await fleet.startScheduler()
            try await eventually(within: .seconds(40), "the end") {
                try await now().timeIntervalSince1970 > begin + 4 * interval
            }
            let samples = try await MetricsStore(pool: servers.pool).samples(
                of: "cpu",
                since: Date(timeIntervalSince1970: begin),
                every: .seconds(Int(interval))
            )
            for number in 0..<4 {
                let start = Date(timeIntervalSince1970: begin + Double(number) * interval)
                let here = samples.filter { abs($0.start.timeIntervalSince(start)) < 0.5 }
                try #require(Set(here.map(\.cluster.text)) == clusters, "interval \(number)")
                try #require(here.allSatisfy { $0.count == 1 }, "interval \(number)")
            }
        }
    }
}
