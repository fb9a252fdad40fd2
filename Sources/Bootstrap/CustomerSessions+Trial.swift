public import AWS
import FoundationEssentials
public import Store

/// Tries whether, and by whom, a customer's role can be taken on; nothing of it is kept.
public struct RoleTrial: Sendable {
    let sts: STS
    let request: STS.AssumeRole

    /// Takes the role on as every job does.
    ///
    /// - Throws: `AWSError`.
    public func takeOn() async throws(AWSError) {
        _ = try await sts.assumeRole(request)
    }

    /// Whether the role refuses us without its external id, and with one that is another's.
    ///
    /// - Throws: `AWSError` if STS said neither yes nor no.
    public func refusesStrangers() async throws(AWSError) -> Bool {
        guard try await sts.refusesWithoutExternalID(request) else { return false }
        return try await sts.refusesWithoutExternalID(request, with: "cloudoptim-trial-\(UUID().text)")
    }
}

extension CustomerSessions {
    /// A trial of a customer's role; nothing is called yet.
    ///
    /// - Parameters:
    ///   - customer: Whose role.
    ///   - region: Whose STS is asked.
    /// - Returns: The trial.
    /// - Throws: `AWSError` with code `invalidRequest` if the customer has no role, or the region is none.
    public func trial(of customer: CustomerRecord, region: String) throws(AWSError) -> RoleTrial {
        guard let role = customer.awsRoleARN.flatMap(RoleARN.init) else {
            throw AWSError(.invalidRequest, "the customer has no aws_role_arn")
        }
        guard let region = AWSRegion(region) else {
            throw AWSError(.invalidRequest, "the region is none of AWS's")
        }
        let policy = try SessionPolicy(
            .clusterSignIn,
            region: region,
            clusterTag: AWSTag("cloudoptim.io/no-cluster", "owned")
        )
        let request = STS.AssumeRole(
            role: role,
            externalID: customer.externalID,
            sessionName: SessionName(customer: customer.id.text, job: "preflight"),
            policy: policy,
            lifetime: 900
        )
        return RoleTrial(sts: sessions.trial(of: role, region: region), request: request)
    }
}
