import FoundationEssentials
import Hummingbird
import Store

/// `/notifications`.
struct NotificationController {
    let outbox: NotificationStore

    func add(to routes: Routes) {
        routes.get("notifications", needs: .read, list)
    }

    private struct ListBody: Encodable {
        let notifications: [NotificationBody]
        @Nullable var nextCursor: String?
    }

    private func list(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        let limit = try request.query("limit", in: 1...500, default: 50)
        let customer = try request.queryID("customer_id") ?? caller.customerID
        guard customer == nil || caller.sees(customer) else { throw APIError.notFound("customer") }
        var cursor: Int64?
        if let text = request.query("cursor") {
            guard let number = Int64(text) else { throw APIError.invalid("cursor", "is not a cursor") }
            cursor = number
        }
        let found = try await outbox.list(
            of: customer,
            channel: try request.queryID("channel_id"),
            state: try state(request),
            before: cursor,
            limit: limit
        )
        return try JSONWire.response(
            ListBody(
                notifications: try found.map { try NotificationBody($0) },
                nextCursor: found.count == limit ? found.last.map { String($0.sequence) } : nil
            )
        )
    }

    private func state(_ request: Request) throws -> NotificationRecord.State? {
        guard let text = request.query("state") else { return nil }
        guard let state = NotificationRecord.State(rawValue: text) else {
            let words = NotificationRecord.State.allCases.map(\.rawValue)
            throw APIError.invalid("state", "is not a state", valid: words)
        }
        return state
    }
}

/// An event on its way to one channel, as clients see it.
struct NotificationBody: Encodable {
    /// The same in every attempt.
    let eventId: String
    let channelId: String
    let customerId: String
    let kind: String
    let facts: JSONValue
    let occurredAt: Date
    let state: String
    let attempts: Int
    /// Null if it is not tried any more.
    @Nullable var nextAt: Date?
    @Nullable var lastError: String?
    let createdAt: Date
    @Nullable var finishedAt: Date?

    init(_ record: NotificationRecord) throws {
        eventId = record.eventID.text
        channelId = record.channelID.text
        customerId = record.customerID.text
        kind = record.kind
        facts = try JSONValue(parsing: record.facts)
        occurredAt = record.occurredAt
        state = record.state.rawValue
        attempts = record.attempts
        nextAt = record.state == .pending ? record.nextAt : nil
        lastError = record.lastError
        createdAt = record.createdAt
        finishedAt = record.finishedAt
    }
}
