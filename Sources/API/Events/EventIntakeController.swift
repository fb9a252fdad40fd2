import FoundationEssentials
import Hummingbird
import Store

/// `/events/dead-letters` and `/events/queues`: what goes wrong on the way of events to us.
struct EventIntakeController {
    let letters: DeadLetterStore
    let queues: QueueLeaseStore

    func add(to routes: Routes) {
        routes.get("events/dead-letters", needs: .read, deadLetters)
        routes.get("events/queues", needs: .read, statuses)
    }

    private struct DeadLetterList: Encodable {
        let deadLetters: [DeadLetterBody]
        @Nullable var nextCursor: String?
    }

    private func deadLetters(_ request: Request, _ context: APIContext, _ caller: Caller) async throws
        -> Response
    {
        let limit = try request.query("limit", in: 1...100, default: 20)
        let customer = try customer(request, caller)
        let found = try await letters.list(of: customer, before: try request.queryID("cursor"), limit: limit)
        return try JSONWire.response(
            DeadLetterList(
                deadLetters: found.map { DeadLetterBody($0, for: caller) },
                nextCursor: found.count == limit ? found.last?.id.text : nil
            )
        )
    }

    private struct QueueList: Encodable {
        let queues: [EventQueueBody]
        @Nullable var nextCursor: String?
    }

    private func statuses(_ request: Request, _ context: APIContext, _ caller: Caller) async throws
        -> Response
    {
        let limit = try request.query("limit", in: 1...500, default: 100)
        let customer = try customer(request, caller)
        let found = try await queues.statuses(
            of: customer,
            after: try request.queryID("cursor"),
            limit: limit
        )
        return try JSONWire.response(
            QueueList(
                queues: found.map { EventQueueBody($0, for: caller) },
                nextCursor: found.count == limit ? found.last?.customerID.text : nil
            )
        )
    }

    /// Whose are listed; nil for all.
    private func customer(_ request: Request, _ caller: Caller) throws -> UUID? {
        let customer = try request.queryID("customer_id") ?? caller.customerID
        guard customer == nil || caller.sees(customer) else { throw APIError.notFound("customer") }
        return customer
    }
}
