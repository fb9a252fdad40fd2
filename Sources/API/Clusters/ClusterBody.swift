import Cryptography
import FoundationEssentials
import Store

/// A cluster as clients see it: never with its token.
struct ClusterBody: Encodable {
    let clusterId: String
    let customerId: String
    let name: String
    let k8sApiEndpoint: String
    @Nullable var k8sCaFingerprint: String?
    let signIn: String
    @Nullable var tokenExpiresAt: Date?
    let region: String
    @Nullable var awsAccountId: String?
    @Nullable var eksClusterName: String?
    @Nullable var launchTemplateId: String?
    @Nullable var externalId: String?
    let status: String
    let health: String
    @Nullable var healthReason: String?
    let nodeCount: Int
    /// USD an hour; null while a node's price is unknown.
    @Nullable var cost: Double?
    @Nullable var unpricedNodes: Int?
    @Nullable var lastCollectedAt: Date?
    let createdAt: Date
    let updatedAt: Date
    @Nullable var metrics: JSONValue?
    /// The latest report in short; only where one cluster is shown.
    @Nullable var preflight: PreflightSummary?

    init(
        _ cluster: ClusterRecord,
        externalID: String?,
        withDetails: Bool,
        preflight: PreflightRecord? = nil
    ) throws {
        clusterId = cluster.id.text
        customerId = cluster.customerID.text
        name = cluster.name
        k8sApiEndpoint = cluster.apiEndpoint
        k8sCaFingerprint = cluster.certificateAuthority.map { Hex.encode(SHA256Digest.hash($0.utf8)) }
        signIn = cluster.signIn.rawValue
        tokenExpiresAt = cluster.tokenExpiresAt
        region = cluster.region
        awsAccountId = cluster.awsAccountID
        eksClusterName = cluster.eksClusterName
        launchTemplateId = cluster.launchTemplateID
        externalId = externalID
        status = cluster.status.rawValue
        health = cluster.health.rawValue
        healthReason = cluster.healthReason
        nodeCount = cluster.nodeCount
        cost = cluster.estimatedCostPerHour.flatMap { Double($0) }
        unpricedNodes = cluster.unpricedNodes
        lastCollectedAt = cluster.lastCollectedAt
        createdAt = cluster.createdAt
        updatedAt = cluster.updatedAt
        self.preflight = preflight.map(PreflightSummary.init)
        metrics = withDetails ? try cluster.latestMetrics.map { try JSONValue(parsing: $0) } : nil
    }
}
