public import AWS
public import FoundationEssentials
public import HTTPClient
public import Logging
public import Store

/// Clients for customers' AWS accounts: each acts as the customer's role, narrowed to what one type of job is for.
///
/// Make one for each process: sessions, limits and clocks are shared in it.
public struct CustomerSessions: Sendable {
    let sessions: RoleSessions
    let endpoints: AWSEndpoints
    /// Where we are at home.
    let home: AWSRegion

    /// - Parameters:
    ///   - http: Carries every call.
    ///   - environment: Where AWS's own variables are: our credentials, and endpoints other than AWS's.
    ///   - logger: For repetitions.
    /// - Throws: `AWSError` for a variable that cannot be used.
    public init(
        http: HTTPClient,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        logger: Logger
    ) throws(AWSError) {
        endpoints = try AWSEndpoints(environment: environment)
        let runtime = AWSRuntime(
            http: http,
            endpoints: endpoints,
            logger: logger
        )
        let name = ["AWS_REGION", "AWS_DEFAULT_REGION"].lazy.compactMap { environment[$0] }.first {
            !$0.isEmpty
        }
        guard let home = AWSRegion(name ?? "us-east-1") else {
            throw AWSError(.invalidRequest, "AWS_REGION must be a region, as in us-east-1")
        }
        self.home = home
        let chain = CredentialsChain(environment: environment, region: home, runtime: runtime)
        sessions = RoleSessions(base: CredentialsCache(chain), runtime: runtime)
    }

    /// A client that acts as a customer's role; nothing is called yet.
    ///
    /// - Parameters:
    ///   - customer: Whose role.
    ///   - region: Where it acts.
    ///   - purpose: What the session may do.
    ///   - job: The type of job, as the customer's CloudTrail shows it.
    ///   - clusterTag: Without it nothing is launched, tagged or terminated; nil for purposes that only look.
    /// - Returns: The client; sessions are shared by all jobs of a type.
    /// - Throws: `AWSError` with code `invalidRequest` if the customer has no role, or the region is none.
    public func client(
        for customer: CustomerRecord,
        region: String,
        purpose: SessionPolicy.Purpose,
        job: String,
        clusterTag: AWSTag? = nil
    ) throws(AWSError) -> AWSClient {
        let session = CustomerRole(
            id: customer.id,
            role: customer.awsRoleARN,
            externalID: customer.externalID
        )
        return try client(as: session, region: region, purpose: purpose, job: job, clusterTag: clusterTag)
    }

    /// A client that can do no more than be told who it is, which is what a cluster's token is made of.
    ///
    /// - Parameter access: The cluster, and whose role opens it.
    /// - Returns: The client; nothing is called yet.
    /// - Throws: `AWSError` with code `invalidRequest` if the customer has no role, or the region is none.
    func clusterSignIn(_ access: EKSAccess) throws(AWSError) -> AWSClient {
        let session = CustomerRole(id: access.customerID, role: access.roleARN, externalID: access.externalID)
        return try client(as: session, region: access.region, purpose: .clusterSignIn, job: "cluster-sign-in")
    }

    /// Whom we act as.
    private struct CustomerRole {
        let id: UUID
        let role: String?
        let externalID: String
    }

    private func client(
        as customer: CustomerRole,
        region: String,
        purpose: SessionPolicy.Purpose,
        job: String,
        clusterTag: AWSTag? = nil
    ) throws(AWSError) -> AWSClient {
        guard let role = customer.role.flatMap(RoleARN.init) else {
            throw AWSError(.invalidRequest, "the customer has no aws_role_arn")
        }
        guard let region = AWSRegion(region) else {
            throw AWSError(.invalidRequest, "the region is none of AWS's")
        }
        let policy = try SessionPolicy(
            purpose,
            region: region,
            clusterTag: clusterTag ?? AWSTag("cloudoptim.io/no-cluster", "owned")
        )
        let request = STS.AssumeRole(
            role: role,
            externalID: customer.externalID,
            sessionName: SessionName(customer: customer.id.text, job: job),
            policy: policy
        )
        return sessions.client(request, region: region)
    }
}

extension ClusterRecord {
    /// The tag that proves an instance to be of this cluster: `kubernetes.io/cluster/NAME` = `owned`.
    public var ownershipTag: AWSTag { AWSTag("kubernetes.io/cluster/\(eksClusterName ?? name)", "owned") }
}
