import Bootstrap
import FoundationEssentials
import Hummingbird
import Jobs
import NIOCore
import Store
import Telemetry

/// `/health`, `/ready` and `/metrics`.
struct HealthController {
    let fleet: Fleet
    let registry: PrometheusRegistry
    let readiness: Readiness

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
        let problems = await readiness.problems()
        guard problems.isEmpty else {
            throw APIError.unavailable(
                "not ready",
                details: ["problems": .array(problems.map(JSONValue.string))]
            )
        }
        return try JSONWire.response(["status": "ready"])
    }

    private func metrics() async -> Response {
        let queues = await QueueGauges(index: fleet.queue.index).exposition()
        return Response(
            status: .ok,
            headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: registry.exposition() + queues))
        )
    }
}
