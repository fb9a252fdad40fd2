import Bootstrap
import Configuration
import FoundationEssentials
import HTTPClient
import Jobs
import Postgres
import Store
import TestKit
import Testing

@testable import Worker

/// The handler against the sandbox's API server.
@Suite("CollectMetrics", .timeLimit(.minutes(1))) struct CollectMetricsTests {
    @Test func keepsASample() async throws {
        try await Collecting.with { collecting in
            let report = try await collecting.run()
            #expect(report.logs.first?.hasPrefix("6 nodes, \(podCount(report)) pods, health ") == true)
            let record = try #require(try await collecting.clusters.find(collecting.id))
            #expect(record.nodeCount == 6)
            // Some pods of the sandbox find no node.
            #expect(record.health == .yellow)
            #expect(record.status == .active)
            #expect(record.latestMetrics != nil)
            let rows = try await collecting.fleet.pool.query(
                "SELECT count(*)::bigint AS points FROM metrics_summary WHERE metric_type = 'cpu'"
            )
            #expect(try rows.first?.decode("points", as: Int.self) == 1)
            #expect(report.metadata.members?["metrics"]?.members?["nodes"] != nil)
            #expect(!"\(report)".contains(collecting.sandbox.clusters[0].token))
        }
    }

    private func podCount(_ report: JobReport) -> Int64 {
        guard case .integer(let pods)? = report.metadata.members?["pods"] else { return -1 }
        return pods
    }

    @Test func keepsOneSampleOfAJobThatRunsTwice() async throws {
        try await Collecting.with { collecting in
            let context = JobContext.test("collect-metrics", cluster: collecting.id)
            _ = try await collecting.handler.run(context)
            let again = try await collecting.handler.run(context)
            #expect(again.logs.contains("this job had left its sample before"))
            let rows = try await collecting.fleet.pool.query(
                "SELECT count(*)::bigint AS points FROM metrics_summary WHERE metric_type = 'cpu'"
            )
            #expect(try rows.first?.decode("points", as: Int.self) == 1)
        }
    }

    @Test func leavesTheNodesOutOfTheClocksOutcomes() async throws {
        try await Collecting.with { collecting in
            let report = try await collecting.handler.run(
                .test("collect-metrics", cluster: collecting.id, submittedBy: "schedule:collect-metrics")
            )
            let metrics = report.metadata.members?["metrics"]?.members
            #expect(metrics?["total_nodes"] == .integer(6))
            #expect(metrics?["nodes"] == nil)
        }
    }

    @Test func worksWithoutAMetricsServer() async throws {
        try await Collecting.with { collecting in
            try await collecting.sandbox.fault("metrics_unavailable")
            let report = try await collecting.run()
            #expect(report.logs.contains { $0.hasPrefix("warning: no use is known, only requests") })
            let record = try #require(try await collecting.clusters.find(collecting.id))
            #expect(record.health == .yellow)
            let rows = try await collecting.fleet.pool.query(
                "SELECT count(*)::bigint AS points FROM metrics_summary WHERE metric_type = 'cpu_used'"
            )
            #expect(try rows.first?.decode("points", as: Int.self) == 0, "unknown, not 0")
        }
    }

    @Test func marksAClusterWhoseTokenIsRefused() async throws {
        try await Collecting.with { collecting in
            try await collecting.sandbox.fault("unauthorized")
            let failure = try await collecting.failure()
            #expect(failure.code == "credential_expired")
            #expect(!failure.isRetryable)
            let record = try #require(try await collecting.clusters.find(collecting.id))
            #expect(record.status == .credentialExpired)
            #expect(record.health == .red)
            #expect(try await collecting.clusters.active().isEmpty, "the clock leaves it alone")
        }
    }

    @Test func reportsAnErrorOfTheServer() async throws {
        try await Collecting.with { collecting in
            try await collecting.sandbox.fault("error500")
            let failure = try await collecting.failure()
            #expect(failure.code == "cluster_error")
            #expect(failure.isRetryable)
            let record = try #require(try await collecting.clusters.find(collecting.id))
            #expect(record.status == .active)
            #expect(record.health == .red)
            #expect(record.healthReason?.hasPrefix("cluster_error") == true)
            try await collecting.sandbox.fault("none")
            _ = try await collecting.run()
            #expect(try await collecting.clusters.find(collecting.id)?.health == .yellow)
        }
    }

    @Test func givesUpOnAServerThatHangs() async throws {
        try await Collecting.with { collecting in
            try await collecting.sandbox.fault("hang")
            let clock = ContinuousClock()
            let began = clock.now
            #expect(try await collecting.failure().code == "cluster_timed_out")
            #expect(clock.now - began < .seconds(10))
        }
    }

    @Test func leavesTimeToRecordBeforeTheDeadline() async throws {
        try await Collecting.with(["K8S_API_TIMEOUT_SECONDS": "30"]) { collecting in
            try await collecting.sandbox.fault("hang")
            let clock = ContinuousClock()
            let deadline = clock.now + .seconds(4)
            let context = JobContext.test("collect-metrics", cluster: collecting.id, deadline: deadline)
            let failure = await #expect(throws: JobFailure.self) { try await collecting.handler.run(context) }
            #expect(failure?.code == "cluster_timed_out")
            #expect(clock.now < deadline)
        }
    }

    @Test func collectsThoughLittleTimeIsLeft() async throws {
        try await Collecting.with { collecting in
            // A late cluster of a five second interval has little more than one.
            let deadline = ContinuousClock.now + .milliseconds(1900)
            let context = JobContext.test("collect-metrics", cluster: collecting.id, deadline: deadline)
            _ = try await collecting.handler.run(context)
        }
    }

    @Test func reportsAnotherAuthority() async throws {
        try await Collecting.with(authority: nil) { collecting in
            let failure = try await collecting.failure()
            #expect(failure.code == "cluster_untrusted_certificate")
            #expect(!failure.isRetryable)
        }
    }

    @Test func reportsAClosedPort() async throws {
        try await Collecting.with { collecting in
            var change = ClusterChange()
            change.apiEndpoint = "https://127.0.0.1:1"
            _ = try await collecting.clusters.update(collecting.id, by: change)
            let failure = try await collecting.failure()
            #expect(failure.code == "cluster_unreachable")
            #expect(failure.isRetryable)
        }
    }

    @Test func refusesAPrivateAddress() async throws {
        try await Collecting.with(["CLOUDOPTIM_ALLOW_PRIVATE_ENDPOINTS": "false"]) { collecting in
            let failure = try await collecting.failure()
            #expect(failure.code == "cluster_address_refused")
            #expect(!failure.isRetryable)
        }
    }

    @Test func tellsThatTheClusterIsGone() async throws {
        try await Collecting.with { collecting in
            _ = try await collecting.clusters.delete(collecting.id)
            #expect(try await collecting.failure().code == "cluster_gone")
            let nobody = JobContext.test("collect-metrics", cluster: UUID())
            let failure = await #expect(throws: JobFailure.self) { try await collecting.handler.run(nobody) }
            #expect(failure?.code == "cluster_gone")
            #expect(failure?.isRetryable == false)
        }
    }

    @Test func endsWhenItIsCancelled() async throws {
        try await Collecting.with(["K8S_API_TIMEOUT_SECONDS": "30"]) { collecting in
            try await collecting.sandbox.fault("hang")
            let handler = collecting.handler
            let context = JobContext.test("collect-metrics", cluster: collecting.id)
            let task = Task { try await handler.run(context) }
            try await Task.sleep(for: .milliseconds(200))
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(try await collecting.clusters.find(collecting.id)?.health == .unknown)
        }
    }
}
