import Bootstrap
import FoundationEssentials
import Hummingbird
import Jobs
import NIOCore
import Redis
import Store
import Synchronization

/// `/health`, `/ready` and `/metrics`.
struct HealthController {
    let fleet: Fleet
    let registry: PrometheusRegistry
    let drain: DrainFlag

    /// Open to anybody: what they tell is whether we work, and nothing else.
    func add(to router: Router<APIContext>, _ table: RouteTable) {
        table.add("GET", "health")
        table.add("GET", "ready")
        router.get("health") { _, _ in try JSONWire.response(["status": "ok"]) }
        router.get("ready") { _, _ in try await ready() }
    }

    /// Needs a key, like everything else.
    func addMetrics(to routes: Routes) {
        routes.get("metrics", needs: .read) { _, _, caller in
            guard caller.customerID == nil else { throw APIError.notFound("path") }
            return await metrics()
        }
    }

    private func ready() async throws -> Response {
        var problems: [String] = []
        if drain.isSet { problems.append("draining") }
        do {
            let state = try await Schema(pool: fleet.pool).state()
            if state != .current { problems.append(state.description) }
        } catch {
            problems.append("PostgreSQL does not answer")
        }
        do {
            _ = try await fleet.redis.send(RedisCommand("PING"))
        } catch {
            problems.append("Redis does not answer")
        }
        guard problems.isEmpty else {
            throw APIError.unavailable(
                "not ready",
                details: ["problems": .array(problems.map(JSONValue.string))]
            )
        }
        return try JSONWire.response(["status": "ready"])
    }

    private func metrics() async -> Response {
        do {
            for stats in try await fleet.queue.index.stats(of: nil) {
                let labels = [("queue", stats.name)]
                registry.set("cloudoptim_queue_ready", labels, to: Double(stats.ready))
                registry.set("cloudoptim_queue_delayed", labels, to: Double(stats.delayed))
                registry.set("cloudoptim_queue_running", labels, to: Double(stats.running))
                registry.set("cloudoptim_queue_oldest_seconds", labels, to: stats.oldestReady?.seconds ?? 0)
            }
            registry.set("cloudoptim_redis_up", to: 1)
        } catch {
            // The rest is worth having while Redis is away.
            registry.set("cloudoptim_redis_up", to: 0)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: registry.exposition()))
        )
    }
}

/// Set once, when the process begins to stop.
final class DrainFlag: Sendable {
    private let value = Mutex(false)

    var isSet: Bool { value.withLock { $0 } }

    func set() {
        value.withLock { $0 = true }
    }
}
