import FoundationEssentials
import HTTPTypes
import Hummingbird
import Interruptions
import Logging
import Store

/// `/events`.
struct EventController {
    let inbox: InterruptionInbox
    let events: SpotEventStore
    let customers: CustomerStore

    func add(to routes: Routes) {
        routes.post("events/process", needs: .submit, process)
        routes.get("events/spot-warnings", needs: .read) { request, context, caller in
            try await list(request, caller, only: .interruptionWarning)
        }
        routes.get("events/history", needs: .read) { request, context, caller in
            try await list(request, caller, only: nil)
        }
    }

    // MARK: - Processing

    private func process(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response
    {
        let body = try JSONWire.value(from: try await request.bytes(limit: InterruptionParser.maximumBytes))
        guard case .object(var members) = body else { throw APIError.invalid("body", "must be an object") }
        let fields = try JSONFields(body, named: nil)
        if members["event_id"] != nil, members["detail-type"] == nil {
            return try await processAgain(try JSONFields(body, named: ["event_id", "customer_id"]), caller)
        }
        let customer = try await customer(try fields.uuid("customer_id"), caller)
        members["customer_id"] = nil
        let parsed: ParsedMessage
        do throws(UnreadableMessage) {
            parsed = try InterruptionParser.parse(.object(members))
        } catch {
            throw APIError.invalid("body", error.reason)
        }
        switch parsed {
        case .ignored(let reason): return try JSONWire.response(EventAnswer(ignored: reason))
        case .events(let told):
            let entries = try await inbox.record(told, of: customer, by: caller.name)
            context.logger.info("event processed", metadata: ["events": "\(entries.count)"])
            return try await answer(entries)
        }
    }

    /// The seeds' way: an event that we hold is processed again.
    private func processAgain(_ fields: JSONFields, _ caller: Caller) async throws -> Response {
        guard let id = try fields.uuid("event_id") else { throw APIError.invalid("event_id", "is required") }
        guard let known = try await events.find(id), caller.sees(known.customerID),
            let entry = try await inbox.processAgain(id, by: caller.name)
        else { throw APIError.notFound("event", field: "event_id") }
        return try await answer([entry])
    }

    private func answer(_ entries: [InterruptionInbox.Entry]) async throws -> Response {
        var records: [SpotEventRecord] = []
        for entry in entries {
            guard let record = try await events.find(entry.eventID) else { continue }
            records.append(record)
        }
        return try JSONWire.response(
            try EventAnswer(records),
            status: entries.contains(where: \.isNew) ? .created : .ok
        )
    }

    /// Whose machines the event is about.
    private func customer(_ named: UUID?, _ caller: Caller) async throws -> UUID {
        guard let id = named ?? caller.customerID else {
            throw APIError.invalid("customer_id", "is required: this key is not bound to a customer")
        }
        guard caller.sees(id), try await customers.find(id) != nil else {
            throw APIError.notFound("customer", field: "customer_id")
        }
        return id
    }

    // MARK: - Reading

    private struct ListBody: Encodable {
        let events: [EventBody]
        @Nullable var nextCursor: String?
    }

    private func list(
        _ request: Request,
        _ caller: Caller,
        only type: InterruptionType?
    ) async throws -> Response {
        let limit = try request.query("limit", in: 1...500, default: 50)
        let customer = try request.queryID("customer_id") ?? caller.customerID
        guard customer == nil || caller.sees(customer) else { throw APIError.notFound("customer") }
        let filter = SpotEventStore.Filter(
            customerID: customer,
            clusterID: try request.queryID("cluster_id"),
            eventType: type?.rawValue,
            status: try status(request),
            since: try request.queryTime("since"),
            until: try request.queryTime("until")
        )
        let found = try await events.list(filter, before: try request.queryID("cursor"), limit: limit)
        return try JSONWire.response(
            ListBody(
                events: try found.map { try EventBody($0) },
                nextCursor: found.count == limit ? found.last?.id.text : nil
            )
        )
    }

    private func status(_ request: Request) throws -> SpotEventRecord.Status? {
        guard let text = request.query("status") else { return nil }
        guard let status = SpotEventRecord.Status(rawValue: text) else {
            let words = SpotEventRecord.Status.allCases.map(\.rawValue)
            throw APIError.invalid("status", "is not a status", valid: words)
        }
        return status
    }
}
