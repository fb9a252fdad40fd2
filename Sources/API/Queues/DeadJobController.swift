import Hummingbird
import Jobs
import Store

/// `/queues/{q}/dead`: jobs that failed for good.
struct DeadJobController {
    let queue: JobQueue

    func add(to routes: Routes) {
        routes.post("queues/:queue/dead/retry", needs: .operate, retryDead)
        routes.delete("queues/:queue/dead", needs: .operate, discardDead)
    }

    /// How many dead jobs one call handles.
    private static let deadBatch = 1000

    private func retryDead(_ request: Request, _ context: APIContext, _ caller: Caller) async throws
        -> Response
    {
        try caller.requireFleet()
        let name = try context.queueName()
        let retried = try await queue.retryDead(of: name, limit: Self.deadBatch)
        let left = try await queue.journal.deadCounts()[name] ?? 0
        return try JSONWire.response(["retried": retried, "dead": left])
    }

    private func discardDead(_ request: Request, _ context: APIContext, _ caller: Caller) async throws
        -> Response
    {
        try caller.requireFleet()
        let name = try context.queueName()
        let discarded = try await queue.journal.discardDead(of: name, limit: Self.deadBatch)
        let left = try await queue.journal.deadCounts()[name] ?? 0
        return try JSONWire.response(["discarded": discarded, "dead": left])
    }
}
