import FoundationEssentials
import HTTPTypes
import Hummingbird

/// Receivers of webhooks: `POST /sandbox/webhooks/{name}` is what a customer's own receiver would be, `GET` tells what it
/// was sent and whether the signatures are right, and `PUT` sets what it expects and answers.
///
/// - `{"secret": "whsec_…"}` is what senders sign with.
/// - `{"status": 500}` is what it answers from now on, `{"down_until": "2030-01-01T00:00:00Z"}` until when it is down.
///
/// What a `PUT` leaves out stays as it is; null takes it away.
struct WebhookRoutes: Sendable {
    /// What is larger is refused, and not kept.
    static let bodyLimit = 64 << 10
    private static let (headerLimit, valueLimit) = (50, 1024)

    let book: WebhookBook
    /// Seconds since 1970.
    let now: @Sendable () -> Double

    /// Everything.
    func add(to group: RouterGroup<SandboxRequestContext>) {
        addReceiver(to: group)
        group.put("webhooks/:name", use: change)
        group.get("webhooks/:name") { _, context in
            let name = try Self.name(context)
            guard let receiver = book.receiver(name) else {
                throw HTTPError(.notFound, message: "nothing was sent there, and nothing set")
            }
            return Response(json: Self.json(name, receiver, at: now(), withDeliveries: true).bytes)
        }
    }

    /// Only what senders call.
    func addReceiver(to group: RouterGroup<SandboxRequestContext>) {
        group.post("webhooks/:name") { request, context in
            let name = try Self.name(context)
            var request = request
            let body = try await request.collectBody(upTo: Self.bodyLimit)
            let headers = request.headers.prefix(Self.headerLimit).map { field in
                (field.name.canonicalName, String(field.value.prefix(Self.valueLimit)))
            }
            let status = book.receive(name, headers: headers, body: Array(body.readableBytesView), at: now())
            return Response(status: .init(code: status))
        }
    }

    @Sendable private func change(_ request: Request, _ context: SandboxRequestContext) async throws
        -> Response
    {
        let name = try Self.name(context)
        let demand = try await request.decode(as: JSON.self, context: context)
        let known: Set = ["secret", "status", "down_until"]
        guard let members = demand.members, members.allSatisfy({ known.contains($0.0) }) else {
            throw HTTPError(.badRequest, message: "secret, status and down_until can be set")
        }
        let changed = try book.change(name) { receiver in
            for (member, value) in members { try Self.set(member, value, of: &receiver) }
        }
        guard let changed else {
            throw HTTPError(.conflict, message: "there are \(WebhookBook.names) receivers already")
        }
        return Response(json: Self.json(name, changed, at: now(), withDeliveries: false).bytes)
    }

    private static func set(_ member: String, _ value: JSON, of receiver: inout WebhookBook.Receiver) throws {
        switch (member, value) {
        case ("secret", .null): receiver.secret = nil
        case ("secret", .string(let secret)) where (1...200).contains(secret.utf8.count):
            receiver.secret = secret
        case ("status", .null): receiver.status = 204
        case ("status", .number(let status)) where (200...599).contains(status): receiver.status = status
        case ("down_until", .null): receiver.downUntil = nil
        case ("down_until", .string(let text)):
            guard let date = try? Date(text, strategy: .iso8601) else {
                throw HTTPError(
                    .badRequest,
                    message: "down_until must be a time such as 2030-01-01T00:00:00Z"
                )
            }
            receiver.downUntil = date.timeIntervalSince1970
        default:
            throw HTTPError(
                .badRequest,
                message: "secret must be a text, status from 200 to 599, down_until a time"
            )
        }
    }

    private static func name(_ context: SandboxRequestContext) throws -> String {
        let name = try context.parameters.require("name")
        guard (1...100).contains(name.utf8.count) else {
            throw HTTPError(.badRequest, message: "a receiver's name has from 1 to 100 characters")
        }
        return name
    }

    private static func json(
        _ name: String,
        _ receiver: WebhookBook.Receiver,
        at now: Double,
        withDeliveries: Bool
    ) -> JSON {
        var members: [(String, JSON)] = [
            ("name", .string(name)), ("has_secret", .boolean(receiver.secret != nil)),
            ("status", .number(receiver.answer(at: now))),
            ("down_until", receiver.downUntil.map { .string(Timestamp.precise($0)) } ?? .null),
            ("count", .number(receiver.count)),
        ]
        if withDeliveries {
            members.append(("received", .array(receiver.deliveries.map(json))))
        }
        return .object(members)
    }

    private static func json(_ delivery: WebhookBook.Delivery) -> JSON {
        [
            "number": .number(delivery.number), "received_at": .string(Timestamp.precise(delivery.time)),
            "verified": delivery.verdict == .noSecret ? .null : .boolean(delivery.verdict == .verified),
            "signature": .string(delivery.verdict.rawValue), "answered": .number(delivery.answered),
            "headers": .object(delivery.headers.map { ($0.0, .string($0.1)) }),
            "body": .string(delivery.body),
        ]
    }
}
