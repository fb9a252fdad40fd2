public import FoundationEssentials

/// What it takes to talk to a cluster.
public struct ClusterCredentials: Sendable {
    /// What opens a cluster.
    public enum Secret: Sendable {
        /// The bearer token, in clear. Never log it.
        case token(String)
        /// The customer's role.
        case eks(EKSAccess)
    }

    /// The API server's https URL.
    public let apiEndpoint: String
    /// PEM certificates, or nil for the system's.
    public let certificateAuthority: String?
    /// What opens it.
    public let secret: Secret

    /// The stored token, in clear; nil if there is none.
    ///
    /// Never log it.
    public var token: String? {
        guard case .token(let token) = secret else { return nil }
        return token
    }
}

/// A cluster of EKS, and the role it is signed in to as.
public struct EKSAccess: Hashable, Sendable {
    /// Whose it is.
    public let customerID: UUID
    /// The customer's role; nil if it has none any more.
    public let roleARN: String?
    /// What the role's trust policy asks for.
    public let externalID: String
    /// AWS region of the cluster.
    public let region: String
    /// The name EKS knows the cluster by.
    public let clusterName: String

    /// Makes one from its parts.
    public init(customerID: UUID, roleARN: String?, externalID: String, region: String, clusterName: String) {
        self.customerID = customerID
        self.roleARN = roleARN
        self.externalID = externalID
        self.region = region
        self.clusterName = clusterName
    }
}
