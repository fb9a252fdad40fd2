public import FoundationEssentials

/// A registered cluster.
///
/// Its token is not in here: see ``ClusterCredentials``.
public struct ClusterRecord: Sendable, Equatable {
    /// What we do with it.
    public enum Status: String, Sendable, CaseIterable, Codable {
        /// Watched.
        case active
        /// Left alone until it is set active again.
        case paused
        /// Its token was refused; watched again once it gets a new one.
        case credentialExpired = "credential_expired"
        /// Gone; kept for the history.
        case deleted
    }

    /// How its API server is signed in to.
    public enum SignIn: String, Sendable, CaseIterable, Codable {
        /// By the stored token.
        case token
        /// As the customer's role, by tokens of EKS.
        case eks
    }

    /// How it was when last looked at.
    public enum Health: String, Sendable, CaseIterable, Codable {
        /// Not looked at yet.
        case unknown = "UNKNOWN"
        /// All is well.
        case green = "GREEN"
        /// Works, but somebody should look.
        case yellow = "YELLOW"
        /// Cannot be reached, or cannot hold its work.
        case red = "RED"
    }

    /// UUIDv7.
    public var id: UUID
    /// Whose it is.
    public var customerID: UUID
    /// Unique among the customer's clusters.
    public var name: String
    /// The API server's https URL.
    public var apiEndpoint: String
    /// The PEM certificates its API server is trusted by; nil for the system's.
    public var certificateAuthority: String?
    /// How its API server is signed in to.
    public var signIn: SignIn
    /// When the token ends, if it says so.
    public var tokenExpiresAt: Date?
    /// AWS region.
    public var region: String
    /// Twelve digits.
    public var awsAccountID: String?
    /// Its name in EKS.
    public var eksClusterName: String?
    /// What new machines are launched from.
    public var launchTemplateID: String?
    /// What we do with it.
    public var status: Status
    /// How it was when last looked at.
    public var health: Health
    /// Why it is not green.
    public var healthReason: String?
    /// Nodes when last looked at.
    public var nodeCount: Int
    /// USD an hour, decimal; nil if a node's price is unknown.
    public var estimatedCostPerHour: String?
    /// Nodes whose price is unknown.
    public var unpricedNodes: Int?
    /// The last ClusterMetrics, JSON.
    public var latestMetrics: [UInt8]?
    /// When metrics were last collected.
    public var lastCollectedAt: Date?
    /// When it was registered.
    public var createdAt: Date
    /// When its registration last changed.
    public var updatedAt: Date
}

/// What a caller may say of a cluster at registration or later.
public struct ClusterRegistration: Sendable {
    /// UUIDv7.
    public var id: UUID
    /// Whose it is.
    public var customerID: UUID
    /// Unique among the customer's clusters.
    public var name: String
    /// The API server's https URL.
    public var apiEndpoint: String
    /// PEM certificates.
    public var certificateAuthority: String?
    /// The token, in clear; sealed before it reaches the database.
    ///
    /// Nil to sign in as the customer's role.
    public var token: String?
    /// When the token ends, if it says so.
    public var tokenExpiresAt: Date?
    /// AWS region.
    public var region: String
    /// Twelve digits.
    public var awsAccountID: String?
    /// Its name in EKS.
    public var eksClusterName: String?
    /// What new machines are launched from.
    public var launchTemplateID: String?

    /// Makes a registration from all of its fields.
    public init(
        id: UUID = .version7(),
        customerID: UUID,
        name: String,
        apiEndpoint: String,
        certificateAuthority: String?,
        token: String?,
        tokenExpiresAt: Date?,
        region: String,
        awsAccountID: String? = nil,
        eksClusterName: String? = nil,
        launchTemplateID: String? = nil
    ) {
        self.id = id
        self.customerID = customerID
        self.name = name
        self.apiEndpoint = apiEndpoint
        self.certificateAuthority = certificateAuthority
        self.token = token
        self.tokenExpiresAt = tokenExpiresAt
        self.region = region
        self.awsAccountID = awsAccountID
        self.eksClusterName = eksClusterName
        self.launchTemplateID = launchTemplateID
    }
}

/// Changes to a registration; nil leaves a field as it is.
public struct ClusterChange: Sendable {
    /// A new name.
    public var name: String?
    /// A new endpoint.
    public var apiEndpoint: String?
    /// New PEM certificates.
    public var certificateAuthority: String?
    /// A new token, in clear.
    public var token: String?
    /// When the new token ends.
    public var tokenExpiresAt: Date?
    /// Whether the stored token is dropped, to sign in as the customer's role.
    public var dropsToken = false
    /// A new name in EKS.
    public var eksClusterName: String?
    /// A new region.
    public var region: String?
    /// A new launch template.
    public var launchTemplateID: String?
    /// `active` or `paused`.
    public var status: ClusterRecord.Status?

    /// Makes a change of nothing.
    public init() {}
}
