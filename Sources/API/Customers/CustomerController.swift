import Cryptography
import FoundationEssentials
import Hummingbird
import Store

/// `/admin/customers`.
struct CustomerController {
    let store: CustomerStore
    let preflight: PreflightController

    func add(to routes: Routes) {
        routes.post("admin/customers", needs: .admin, create)
        routes.get("admin/customers", needs: .read, list)
        routes.get("admin/customers/:id", needs: .read, show)
        routes.put("admin/customers/:id", needs: .admin, update)
    }

    private struct Body: StrictBody {
        let companyName: String
        let email: String?
        let awsRoleArn: String?
        let sqsQueueUrl: String?
        let awsAccountId: String?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case companyName, email, awsRoleArn, sqsQueueUrl, awsAccountId
        }
    }

    private func create(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response
    {
        guard caller.customerID == nil else { throw APIError.notFound("path") }
        let body = try await request.decoded(Body.self)
        let customer = try NewCustomer.checked(
            companyName: body.companyName,
            email: body.email,
            awsRoleARN: body.awsRoleArn,
            sqsQueueURL: body.sqsQueueUrl,
            awsAccountID: body.awsAccountId,
            externalID: nil
        )
        try await store.insert(customer)
        // As it was kept: times are PostgreSQL's.
        let kept = try await store.find(customer.id) ?? customer
        return try JSONWire.response(CustomerBody(kept), status: .created)
    }

    private struct ListBody: Encodable {
        let customers: [CustomerBody]
        @Nullable var nextCursor: String?
    }

    private func list(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        let limit = try request.query("limit", in: 1...500, default: 100)
        let found = try await store.list(
            only: caller.customerID,
            after: try request.queryID("cursor"),
            limit: limit
        )
        return try JSONWire.response(
            ListBody(
                customers: found.map(CustomerBody.init),
                nextCursor: found.count == limit ? found.last?.id.text : nil
            )
        )
    }

    private func show(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        let id = try context.pathID("customer")
        guard caller.sees(id), let customer = try await store.find(id) else {
            throw APIError.notFound("customer")
        }
        return try JSONWire.response(CustomerBody(customer))
    }
}

extension CustomerController {
    private struct ChangeBody: StrictBody {
        let companyName: String?
        let email: String?
        let awsRoleArn: String?
        /// Empty for none any more.
        let sqsQueueUrl: String?
        let awsAccountId: String?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case companyName, email, awsRoleArn, sqsQueueUrl, awsAccountId
        }
    }

    /// Changes the fields that are given.
    ///
    /// The external id never changes: the customer's role trusts it.
    private func update(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response
    {
        let id = try context.pathID("customer")
        guard caller.sees(id), let present = try await store.find(id) else {
            throw APIError.notFound("customer")
        }
        let body = try await request.decoded(ChangeBody.self)
        let queue = body.sqsQueueUrl ?? present.sqsQueueURL
        var customer = try NewCustomer.checked(
            companyName: body.companyName ?? present.companyName,
            email: body.email ?? present.email,
            awsRoleARN: body.awsRoleArn ?? present.awsRoleARN,
            sqsQueueURL: queue == "" ? nil : queue,
            awsAccountID: body.awsAccountId ?? present.awsAccountID,
            externalID: present.externalID
        )
        customer.id = id
        guard let changed = try await store.update(customer) else { throw APIError.notFound("customer") }
        if changed.awsRoleARN != present.awsRoleARN || changed.sqsQueueURL != present.sqsQueueURL
            || changed.awsAccountID != present.awsAccountID
        {
            await preflight.changed(changed, context, caller)
        }
        return try JSONWire.response(CustomerBody(changed))
    }
}

/// A customer as clients see it.
struct CustomerBody: Encodable {
    let customerId: String
    let companyName: String
    @Nullable var email: String?
    @Nullable var awsRoleArn: String?
    @Nullable var sqsQueueUrl: String?
    @Nullable var awsAccountId: String?
    /// For the trust policy of the customer's role.
    let externalId: String
    let status: String
    let createdAt: Date
    let updatedAt: Date

    init(_ customer: CustomerRecord) {
        customerId = customer.id.text
        companyName = customer.companyName
        email = customer.email
        awsRoleArn = customer.awsRoleARN
        sqsQueueUrl = customer.sqsQueueURL
        awsAccountId = customer.awsAccountID
        externalId = customer.externalID
        status = customer.status
        createdAt = customer.createdAt
        updatedAt = customer.updatedAt
    }
}
