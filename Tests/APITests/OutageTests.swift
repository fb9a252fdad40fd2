import FoundationEssentials
import Store
import TestKit
import Testing

/// Port 1 is closed: nothing listens there.
@Suite("Outages", .timeLimit(.minutes(1))) struct OutageTests {
    private static let noRedis = ["REDIS_URL": "redis://127.0.0.1:1"]
    private static let noPostgres = ["DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"]

    @Test func acceptsJobsWithoutRedis() async throws {
        try await TestAPI.with(Self.noRedis) { api in
            let id = try await api.job()
            let shown = try await api.send("GET", "jobs/\(id.text)")
            #expect(shown.string("state") == "ready")
            #expect(try await api.send("GET", "jobs").array("jobs")?.count == 1)
            let batch = try await api.send("POST", "jobs/batch", #"{"jobs":[{"type":"noop"}]}"#)
            #expect(batch.status == 201)
        }
    }

    @Test func saysThatRedisIsAway() async throws {
        try await TestAPI.with(Self.noRedis) { api in
            for path in ["queues", "queues/noop", "queues/noop/jobs", "workers", "/ready"] {
                let answer = try await api.send("GET", path)
                #expect(answer.status == 503, "\(answer.text)")
                #expect(answer.code == "SERVICE_UNAVAILABLE")
                #expect(answer.header("Retry-After") == "5")
                #expect(!answer.text.contains("127.0.0.1"))
                #expect(try await api.send("GET", "/health").status == 200)
                let metrics = try await api.send("GET", "/metrics").text
                #expect(metrics.contains("cloudoptim_redis_up 0.0"))
                #expect(!metrics.contains("cloudoptim_queue_"))
            }
        }
    }

    @Test func saysThatPostgreSQLIsAway() async throws {
        try await TestAPI.with(Self.noPostgres) { api in
            for (method, path) in [
                ("POST", "jobs"), ("POST", "jobs/batch"), ("GET", "jobs"), ("GET", "queues"),
                ("GET", "admin/clusters"),
                ("GET", "/metrics"), ("GET", "/ready"),
            ] {
                let answer = try await api.send(method, path, method == "POST" ? #"{"type":"noop"}"# : nil)
                #expect(answer.status == 503, "\(answer.text)")
                #expect(answer.code == "SERVICE_UNAVAILABLE")
                #expect(answer.header("Retry-After") == "5")
                #expect(!answer.text.contains("127.0.0.1") && !answer.text.contains("nobody"))
                #expect(try await api.send("GET", "/health").status == 200)
            }
        }
    }
}
