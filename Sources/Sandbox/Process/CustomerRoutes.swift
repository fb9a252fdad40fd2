import Hummingbird

/// What the customer does in their own account: `PUT /sandbox/customer` with `{"external_id": …}` is the trust policy of
/// their role.
///
/// Not guarded by a token, as the faults aren't.
struct CustomerRoutes: Sendable {
    private struct Trust: Decodable {
        var externalId: String

        enum CodingKeys: String, CodingKey {
            case externalId = "external_id"
        }
    }

    let account: CustomerAccount
    /// Keeps the id for the next start.
    let keep: @Sendable (String) throws -> Void

    func add(to group: RouterGroup<SandboxRequestContext>) {
        group.put("customer") { request, context in
            let id = try await request.decode(as: Trust.self, context: context).externalId
            guard (2...1224).contains(id.utf8.count) else {
                throw HTTPError(.badRequest, message: "an external id has from 2 to 1224 characters")
            }
            try keep(id)
            account.externalID = id
            return Response(status: .noContent)
        }
    }
}
