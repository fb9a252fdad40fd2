import FoundationEssentials
import Hummingbird
import Store
import Bootstrap

/// `/admin/api-keys`.
struct APIKeyController {
    let store: APIKeyStore
    let customers: CustomerStore

    func add(to routes: Routes) {
        routes.post("admin/api-keys", needs: .admin, create)
        routes.get("admin/api-keys", needs: .admin, list)
        routes.delete("admin/api-keys/:id", needs: .admin, revoke)
    }

    private struct Body: StrictBody {
        let name: String
        let scope: String
        let customerId: UUID?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case name, scope, customerId
        }
    }

    private func create(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response
    {
        let body = try await request.decoded(Body.self)
        guard (1...100).contains(body.name.utf8.count) else {
            throw APIError.invalid("name", "must have 1 to 100 bytes")
        }
        guard let scope = APIKeyRecord.Scope(rawValue: body.scope) else {
            throw APIError.invalid(
                "scope",
                "is not a scope",
                valid: APIKeyRecord.Scope.allCases.map(\.rawValue)
            )
        }
        // A customer's administrator makes keys of that customer only.
        let customerID = body.customerId ?? caller.customerID
        if let customerID {
            guard caller.sees(customerID), try await customers.find(customerID) != nil else {
                throw APIError.notFound("customer", field: "customer_id")
            }
        }
        let key = try APIKeySecret.generate()
        let record = try await store.insert(
            name: body.name,
            prefix: key.prefix,
            hash: key.hash,
            scope: scope,
            customerID: customerID
        )
        return try JSONWire.response(KeyBody(record, secret: key.text), status: .created)
    }

    private func list(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        let keys = try await store.list().filter {
            caller.customerID == nil || $0.customerID == caller.customerID
        }
        return try JSONWire.response(["api_keys": keys.map { KeyBody($0, secret: nil) }])
    }

    private func revoke(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response
    {
        let id = try context.pathID("API key")
        let visible = try await store.list().contains {
            $0.id == id && (caller.customerID == nil || $0.customerID == caller.customerID)
        }
        guard visible, try await store.revoke(id) else { throw APIError.notFound("API key") }
        return Response(status: .noContent)
    }

    private struct KeyBody: Encodable {
        let keyId: String
        let name: String
        let prefix: String
        let scope: String
        @Nullable var customerId: String?
        let createdAt: Date
        @Nullable var revokedAt: Date?
        /// Shown once, when it is made.
        let apiKey: String?

        init(_ record: APIKeyRecord, secret: String?) {
            keyId = record.id.text
            name = record.name
            prefix = record.prefix
            scope = record.scope.rawValue
            customerId = record.customerID?.text
            createdAt = record.createdAt
            revokedAt = record.revokedAt
            apiKey = secret
        }
    }
}
