import AWS
import Bootstrap
import Cryptography
import FoundationEssentials
import HTTPClient
import Hummingbird
import Logging
import Kubernetes
import Store

/// `/admin/clusters`.
struct ClusterController {
    let clusters: ClusterStore
    let customers: CustomerStore
    let policy: HTTPAddressPolicy
    let preflight: PreflightController

    func add(to routes: Routes) {
        routes.post("admin/clusters", needs: .admin, register)
        routes.get("admin/clusters", needs: .read, list)
        routes.get("admin/clusters/:id", needs: .read, show)
        routes.put("admin/clusters/:id", needs: .admin, update)
        routes.delete("admin/clusters/:id", needs: .admin, delete)
    }

    // MARK: - Registering

    private struct RegistrationBody: StrictBody {
        let name: String?
        let clusterName: String?
        let k8sApiEndpoint: String
        let k8sToken: String?
        let k8sCaData: String?
        let region: String
        let customerId: UUID?
        let companyName: String?
        let email: String?
        let awsRoleArn: String?
        let sqsQueueUrl: String?
        let awsAccountId: String?
        let externalId: String?
        let eksClusterName: String?
        let launchTemplateId: String?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case name, clusterName, k8sApiEndpoint, k8sToken, k8sCaData, region, customerId, companyName,
                email, awsRoleArn, sqsQueueUrl, awsAccountId, externalId, eksClusterName, launchTemplateId
        }
    }

    private func register(_ request: Request, _ context: APIContext, _ caller: Caller) async throws
        -> Response
    {
        let body = try await request.decoded(RegistrationBody.self)
        guard let name = body.name ?? body.clusterName else { throw APIError.invalid("name", "is required") }
        try NewCustomer.text("name", name, 1...255)
        try Self.check(region: body.region)
        let authority = try Self.authority(body.k8sCaData)
        if let eksName = body.eksClusterName { try Self.check(eksName: eksName) }
        guard body.k8sToken != nil || body.eksClusterName != nil else {
            throw APIError.invalid("k8s_token", "is required, unless eks_cluster_name is given")
        }
        try check(endpoint: body.k8sApiEndpoint, authority: authority, token: body.k8sToken)
        let (customer, isNew) = try await customer(for: body, name, caller)
        if body.k8sToken == nil {
            try Self.check(signInTo: body.k8sApiEndpoint, in: body.region, as: customer.awsRoleARN)
        }
        let registration = ClusterRegistration(
            customerID: customer.id,
            name: name,
            apiEndpoint: body.k8sApiEndpoint,
            certificateAuthority: authority,
            token: body.k8sToken,
            tokenExpiresAt: try body.k8sToken.flatMap { try Self.expiry(of: $0) },
            region: body.region,
            awsAccountID: body.awsAccountId,
            eksClusterName: body.eksClusterName,
            launchTemplateID: body.launchTemplateId
        )
        try await taken(name) { try await clusters.register(registration, with: isNew ? customer : nil) }
        guard let cluster = try await clusters.find(registration.id) else {
            throw APIError.notFound("cluster")
        }
        context.logger.info("cluster registered", metadata: ["cluster.id": "\(cluster.id.text)"])
        await preflight.changed(cluster, context, caller)
        return try JSONWire.response(
            try ClusterBody(cluster, externalID: customer.externalID, withDetails: true),
            status: .created,
            headers: [.location: "/api/v1/admin/clusters/\(cluster.id.text)"]
        )
    }

    /// The customer named, the caller's own, or a new one made of the body's fields.
    private func customer(
        for body: RegistrationBody,
        _ clusterName: String,
        _ caller: Caller
    ) async throws -> (CustomerRecord, isNew: Bool) {
        if let id = body.customerId ?? caller.customerID {
            guard caller.sees(id), let customer = try await customers.find(id) else {
                throw APIError.notFound("customer", field: "customer_id")
            }
            return (customer, false)
        }
        let customer = try NewCustomer.checked(
            companyName: body.companyName ?? clusterName,
            email: body.email,
            awsRoleARN: body.awsRoleArn,
            sqsQueueURL: body.sqsQueueUrl,
            awsAccountID: body.awsAccountId,
            externalID: body.externalId
        )
        return (customer, true)
    }

    // MARK: - Reading

    private struct ListBody: Encodable {
        let clusters: [ClusterBody]
        @Nullable var nextCursor: String?
    }

    private func list(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        let limit = try request.query("limit", in: 1...500, default: 100)
        let customer = try request.queryID("customer_id") ?? caller.customerID
        guard customer == nil || caller.sees(customer) else { throw APIError.notFound("customer") }
        let found = try await clusters.list(of: customer, after: try request.queryID("cursor"), limit: limit)
        return try JSONWire.response(
            ListBody(
                clusters: try found.map { try ClusterBody($0, externalID: nil, withDetails: false) },
                nextCursor: found.count == limit ? found.last?.id.text : nil
            )
        )
    }

    private func show(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response {
        let cluster = try await clusters.visible(try context.pathID("cluster"), to: caller)
        let owner = try await customers.find(cluster.customerID)
        return try JSONWire.response(
            try ClusterBody(
                cluster,
                externalID: owner?.externalID,
                withDetails: true,
                preflight: try await preflight.preflights.latest(of: cluster.id)
            )
        )
    }

    // MARK: - Changing

    private struct ChangeBody: StrictBody {
        let name: String?
        let clusterName: String?
        let k8sApiEndpoint: String?
        let k8sToken: String?
        let k8sCaData: String?
        let region: String?
        let eksClusterName: String?
        let signIn: String?
        let launchTemplateId: String?
        let status: String?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case name, clusterName, k8sApiEndpoint, k8sToken, k8sCaData, region, eksClusterName, signIn,
                launchTemplateId, status
        }

        /// Whether it may change what we can do with the cluster; its name is part of its machines' tag.
        var changesAccess: Bool {
            [
                name, clusterName, k8sApiEndpoint, k8sToken, k8sCaData, region, eksClusterName, signIn,
                launchTemplateId,
            ].contains { $0 != nil }
        }
    }

    private func update(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response
    {
        let id = try context.pathID("cluster")
        let cluster = try await clusters.visible(id, to: caller)
        let body = try await request.decoded(ChangeBody.self)
        var change = ClusterChange()
        change.name = body.name ?? body.clusterName
        if let name = change.name { try NewCustomer.text("name", name, 1...255) }
        if let region = body.region { try Self.check(region: region) }
        change.region = body.region
        change.launchTemplateID = body.launchTemplateId
        change.apiEndpoint = body.k8sApiEndpoint
        change.certificateAuthority = try Self.authority(body.k8sCaData)
        change.token = body.k8sToken
        let endpoint = body.k8sApiEndpoint ?? cluster.apiEndpoint
        let signIn = try await signIn(of: cluster, after: body)
        change.dropsToken = signIn == .eks && cluster.signIn == .token
        change.eksClusterName = body.eksClusterName
        // A new endpoint would be sent the old token: whoever moves a cluster has to bring its token.
        if signIn == .token, endpoint != cluster.apiEndpoint, body.k8sToken == nil {
            throw APIError.invalid("k8s_token", "is required when k8s_api_endpoint changes")
        }
        try check(
            endpoint: endpoint,
            authority: change.certificateAuthority ?? cluster.certificateAuthority,
            token: body.k8sToken
        )
        change.tokenExpiresAt = try body.k8sToken.flatMap { try Self.expiry(of: $0) }
        if let text = body.status {
            guard let status = ClusterRecord.Status(rawValue: text), status == .active || status == .paused
            else {
                throw APIError.invalid("status", "cannot be set to this", valid: ["active", "paused"])
            }
            change.status = status
        }
        let changed = try await taken(change.name ?? cluster.name) { [change] in
            try await clusters.update(id, by: change)
        }
        guard let changed else { throw APIError.notFound("cluster") }
        // A pause alone changes nothing of what may be done.
        if changed.status != .paused, body.changesAccess || cluster.status != .active {
            await preflight.changed(changed, context, caller)
        }
        return try JSONWire.response(try ClusterBody(changed, externalID: nil, withDetails: true))
    }

    /// How a cluster will be signed in to once it is changed.
    private func signIn(of cluster: ClusterRecord, after body: ChangeBody) async throws
        -> ClusterRecord.SignIn
    {
        if let eksName = body.eksClusterName { try Self.check(eksName: eksName) }
        var signIn = body.k8sToken == nil ? cluster.signIn : .token
        if let text = body.signIn {
            guard let wanted = ClusterRecord.SignIn(rawValue: text) else {
                let words = ClusterRecord.SignIn.allCases.map(\.rawValue)
                throw APIError.invalid("sign_in", "is not a way to sign in", valid: words)
            }
            guard wanted == .token || body.k8sToken == nil else {
                throw APIError.invalid("sign_in", "cannot be eks together with a k8s_token")
            }
            guard wanted == .eks || signIn == .token else {
                throw APIError.invalid("k8s_token", "is required to sign in by one")
            }
            signIn = wanted
        }
        guard signIn == .eks else { return .token }
        guard body.eksClusterName ?? cluster.eksClusterName != nil else {
            throw APIError.invalid("eks_cluster_name", "is required to sign in without a k8s_token")
        }
        try Self.check(
            signInTo: body.k8sApiEndpoint ?? cluster.apiEndpoint,
            in: body.region ?? cluster.region,
            as: try await customers.find(cluster.customerID)?.awsRoleARN
        )
        return .eks
    }

    private func delete(_ request: Request, _ context: APIContext, _ caller: Caller) async throws -> Response
    {
        let cluster = try await clusters.visible(try context.pathID("cluster"), to: caller)
        guard try await clusters.delete(cluster.id) else { throw APIError.notFound("cluster") }
        context.logger.info("cluster deleted", metadata: ["cluster.id": "\(cluster.id.text)"])
        return Response(status: .noContent)
    }

    // MARK: - Checks

    private func taken<Value>(_ name: String, _ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch ClusterStoreError.nameTaken {
            throw APIError.conflict(
                "the customer has another cluster of this name",
                details: ["field": .string("name"), "value": .string(name)]
            )
        }
    }

    /// Checks what is sent where; the token only if there is a new one.
    private func check(endpoint: String, authority: String?, token: String?) throws {
        let problems = EndpointValidation.problems(
            of: KubernetesEndpoint(
                serverURL: endpoint,
                certificateAuthorityPEM: authority,
                token: KubernetesToken(token ?? "unchanged"),
                addressPolicy: policy
            )
        )
        guard let problem = problems.first else { return }
        throw APIError.invalid(Self.field(problem.field), problem.message)
    }

    private static func check(eksName: String) throws {
        guard EKSName.isCluster(eksName) else {
            throw APIError.invalid("eks_cluster_name", "must have 1 to 100 letters, digits, - and _")
        }
    }

    /// Checks what it takes to sign in without a stored token.
    ///
    /// Whoever gets such a token can use it for a quarter of an hour: it is sent to AWS's own API servers alone.
    private static func check(signInTo endpoint: String, in name: String, as role: String?) throws {
        guard role != nil else {
            throw APIError.invalid(
                "aws_role_arn",
                "is required of the customer to sign in without a k8s_token"
            )
        }
        guard let region = AWSRegion(name) else {
            throw APIError.invalid("region", "must be an AWS region such as us-east-1")
        }
        let url = try? RequestURL(endpoint)  // what is none is no API server of EKS either
        guard let host = url?.host, EKSName.isAPIServer(host, in: region) else {
            throw APIError.invalid(
                "k8s_api_endpoint",
                "must be what EKS shows for a cluster in \(name), to sign in without a k8s_token"
            )
        }
    }

    private static func field(_ field: EndpointValidation.Field) -> String {
        switch field {
        case .serverURL: "k8s_api_endpoint"
        case .certificateAuthority: "k8s_ca_data"
        case .token: "k8s_token"
        }
    }

    /// kubeconfig's `certificate-authority-data`: PEM in base64.
    private static func authority(_ base64: String?) throws -> String? {
        guard let base64 else { return nil }
        let text = base64.filter { !$0.isWhitespace }
        guard let bytes = Base64.decode(text), text.utf8.count <= 131_072 else {
            throw APIError.invalid("k8s_ca_data", "must be the cluster's PEM certificates in base64")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func expiry(of token: String) throws -> Date? {
        let expiry = BearerTokenClaims(KubernetesToken(token))?.expiresAt
        if let expiry, expiry < Date() {
            throw APIError.invalid("k8s_token", "has ended at \(expiry.rfc3339)")
        }
        return expiry
    }

    private static func check(region: String) throws {
        let isPlain = region.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isPlain, (3...50).contains(region.utf8.count) else {
            throw APIError.invalid("region", "must be an AWS region such as us-east-1")
        }
    }
}

extension ClusterStore {
    /// A cluster that the caller may know of.
    ///
    /// - Throws: ``APIError`` 404.
    func visible(_ id: UUID, to caller: Caller) async throws -> ClusterRecord {
        guard let cluster = try await find(id), caller.sees(cluster.customerID) else {
            throw APIError.notFound("cluster")
        }
        return cluster
    }
}
