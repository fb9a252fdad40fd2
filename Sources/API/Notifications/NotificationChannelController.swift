import FoundationEssentials
import HTTPClient
import Hummingbird
import Logging
import Notifications
import Store

/// `/admin/notification-channels`.
struct NotificationChannelController {
    let channels: NotificationChannelStore
    let outbox: NotificationStore
    let customers: CustomerStore
    let policy: HTTPAddressPolicy

    func add(to routes: Routes) {
        routes.post("admin/notification-channels", needs: .admin, create)
        routes.get("admin/notification-channels", needs: .read, list)
        routes.get("admin/notification-channels/:id", needs: .read, show)
        routes.put("admin/notification-channels/:id", needs: .admin, update)
        routes.delete("admin/notification-channels/:id", needs: .admin, delete)
        routes.post("admin/notification-channels/:id/test", needs: .operate, test)
        routes.post("admin/notification-channels/:id/retry", needs: .operate, retry)
    }

    private struct NewBody: StrictBody {
        let customerId: UUID?
        let name: String
        let kind: String
        let target: String
        let kinds: [String]?

        enum CodingKeys: String, CodingKey, CaseIterable { case customerId, name, kind, target, kinds }
    }

    private func create(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response
    {
        let body = try await request.decoded(NewBody.self)
        guard let customer = body.customerId ?? caller.customerID else {
            throw APIError.invalid("customer_id", "is required: this key is not bound to a customer")
        }
        guard caller.sees(customer), try await customers.find(customer) != nil else {
            throw APIError.notFound("customer", field: "customer_id")
        }
        try NewCustomer.text("name", body.name, 1...255)
        guard let kind = NotificationChannelRecord.Kind(rawValue: body.kind) else {
            let words = NotificationChannelRecord.Kind.allCases.map(\.rawValue)
            throw APIError.invalid("kind", "is not a kind of channel", valid: words)
        }
        try ChannelTarget.check(kinds: body.kinds)
        let secret = kind == .webhook ? try WebhookFormat.makeSecret() : nil
        let channel = NewNotificationChannel(
            customerID: customer,
            name: body.name,
            kind: kind,
            target: body.target,
            shownTarget: try ChannelTarget.shown(body.target, of: kind, policy: policy),
            secret: secret,
            kinds: body.kinds.flatMap { $0.isEmpty ? nil : $0 }
        )
        try await channels.insert(channel)
        guard let kept = try await channels.find(channel.id) else { throw APIError.notFound("channel") }
        context.logger.info("channel made", metadata: ["channel.id": "\(channel.id.text)"])
        return try JSONWire.response(
            NotificationChannelBody(kept, secret: secret),
            status: .created,
            headers: [.location: "/api/v1/admin/notification-channels/\(channel.id.text)"]
        )
    }

    private struct ListBody: Encodable {
        let channels: [NotificationChannelBody]
        @Nullable var nextCursor: String?
    }

    private func list(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        let limit = try request.query("limit", in: 1...500, default: 100)
        let customer = try request.queryID("customer_id") ?? caller.customerID
        guard customer == nil || caller.sees(customer) else { throw APIError.notFound("customer") }
        let found = try await channels.list(of: customer, after: try request.queryID("cursor"), limit: limit)
        return try JSONWire.response(
            ListBody(
                channels: found.map { NotificationChannelBody($0) },
                nextCursor: found.count == limit ? found.last?.id.text : nil
            )
        )
    }

    private func show(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        try JSONWire.response(NotificationChannelBody(try await visible(context, caller)))
    }

    private struct ChangeBody: StrictBody {
        let name: String?
        let target: String?
        let kinds: [String]?
        let enabled: Bool?
        let rotateSecret: Bool?

        enum CodingKeys: String, CodingKey, CaseIterable { case name, target, kinds, enabled, rotateSecret }
    }

    private func update(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response
    {
        let channel = try await visible(context, caller)
        let body = try await request.decoded(ChangeBody.self)
        if let name = body.name { try NewCustomer.text("name", name, 1...255) }
        try ChannelTarget.check(kinds: body.kinds)
        var change = NotificationChannelChange()
        change.name = body.name
        change.target = try body.target.map {
            ($0, try ChannelTarget.shown($0, of: channel.kind, policy: policy))
        }
        change.kinds = body.kinds
        change.isEnabled = body.enabled
        if body.rotateSecret == true {
            guard channel.kind == .webhook else {
                throw APIError.invalid("rotate_secret", "is for channels of kind webhook")
            }
            change.secret = try WebhookFormat.makeSecret()
        }
        guard let changed = try await channels.update(channel.id, by: change) else {
            throw APIError.notFound("channel")
        }
        return try JSONWire.response(NotificationChannelBody(changed, secret: change.secret))
    }

    private func delete(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response
    {
        let channel = try await visible(context, caller)
        guard try await channels.delete(channel.id) else { throw APIError.notFound("channel") }
        context.logger.info("channel deleted", metadata: ["channel.id": "\(channel.id.text)"])
        return Response(status: .noContent)
    }

    private struct TestBody: Encodable {
        let eventId: String
        let channelId: String
    }

    private func test(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        let channel = try await visible(context, caller)
        guard channel.isEnabled else { throw APIError.conflict("the channel is switched off") }
        let event = try await channels.recordTest(channel, by: caller.name)
        return try JSONWire.response(
            TestBody(eventId: event.text, channelId: channel.id.text),
            status: .accepted
        )
    }

    private struct RetryBody: Encodable {
        let channelId: String
        let retried: Int
    }

    private func retry(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        let channel = try await visible(context, caller)
        guard channel.isEnabled else { throw APIError.conflict("the channel is switched off") }
        let count = try await outbox.retryFailed(of: channel.id)
        return try JSONWire.response(
            RetryBody(channelId: channel.id.text, retried: count),
            status: .accepted
        )
    }

    private func visible(_ context: APIContext, _ caller: Caller) async throws -> NotificationChannelRecord {
        guard let channel = try await channels.find(try context.pathID("channel")),
            caller.sees(channel.customerID)
        else { throw APIError.notFound("channel") }
        return channel
    }
}
