import Postgres
import Store
import Telemetry
import TestKit
import Testing

@testable import API

@Suite("Health", .timeLimit(.minutes(1))) struct HealthTests {
    @Test func answersWithoutAKey() async throws {
        try await TestAPI.with { api in
            let health = try await api.send("GET", "/health", key: "")
            #expect(health.status == 200)
            #expect(health.string("status") == "ok")
            let ready = try await api.send("GET", "/ready", key: "")
            #expect(ready.status == 200)
            #expect(ready.string("status") == "ready")
        }
    }

    @Test func isNotReadyWhileDraining() async throws {
        try await TestAPI.with { api in
            api.drain.set()
            let ready = try await api.send("GET", "/ready", key: "")
            #expect(ready.status == 503)
            #expect(ready["error", "details", "problems"] == .array([.string("draining")]))
            #expect(try await api.send("GET", "/health", key: "").status == 200)
        }
    }

    @Test func isNotReadyOnAnotherSchema() async throws {
        try await TestAPI.with { api in
            _ = try await api.fleet.pool.execute("DELETE FROM schema_migrations")
            #expect(try await api.send("GET", "/ready", key: "").status == 503)
        }
    }

    @Test func showsMetricsToWhoeverHasAKey() async throws {
        try await TestAPI.with { api in
            _ = try await api.job()
            #expect(try await api.send("GET", "/metrics", key: "").status == 401)
            let key = try await api.key(.read)
            let byHeader = try await api.send("GET", "/metrics", key: key)
            #expect(byHeader.status == 200)
            #expect(byHeader.header("Content-Type")?.hasPrefix("text/plain; version=0.0.4") == true)
            #expect(byHeader.text.contains(#"cloudoptim_queue_ready{queue="noop"} 1.0"#))
            #expect(byHeader.text.contains("cloudoptim_redis_up 1.0"))
            let byBearer = try await api.send(
                "GET",
                "/metrics",
                key: "",
                headers: ["Authorization": "Bearer \(key)"]
            )
            #expect(byBearer.status == 200)
        }
    }
}
