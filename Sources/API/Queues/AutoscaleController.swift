import Hummingbird
import Jobs
import Store

/// `/autoscale`: how many workers the queues call for, cheap enough to be asked every second.
struct AutoscaleController {
    let queue: JobQueue

    func add(to routes: Routes) {
        routes.get("autoscale", needs: .read, autoscale)
    }

    private struct AutoscaleBody: Encodable {
        struct Queue: Encodable {
            let backlog: Int
            @Nullable var serviceSeconds: Double?
            let desired: Int
        }

        let desiredWorkers: Int
        let byQueue: [String: Queue]
    }

    private func autoscale(_ request: Request, _ context: APIContext, _ caller: Caller) async throws
        -> Response
    {
        try caller.requireFleet()
        let plan = try await queue.autoscale()
        return try JSONWire.response(
            AutoscaleBody(
                desiredWorkers: plan.desiredWorkers,
                byQueue: plan.byQueue.mapValues {
                    .init(backlog: $0.backlog, serviceSeconds: $0.serviceSeconds, desired: $0.desired)
                }
            )
        )
    }
}
