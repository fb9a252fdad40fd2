public import FoundationEssentials
public import HTTPClient
public import Kubernetes
public import Store

/// Clients for registered clusters: the token is opened for each use, and nowhere kept.
public struct ClusterConnections: Sendable {
    private let clusters: ClusterStore
    private let http: HTTPClient
    private let policy: HTTPAddressPolicy
    private let retry: RetrySettings

    /// - Parameters:
    ///   - clusters: Where endpoints and tokens are.
    ///   - http: Shared by all clusters.
    ///   - settings: Which addresses may be called, and how calls are repeated.
    /// - Throws: What the layers below throw.
    public init(clusters: ClusterStore, http: HTTPClient, settings: Settings) throws {
        self.clusters = clusters
        self.http = http
        policy = try settings.customerAddressPolicy()
        retry = RetrySettings(
            timeout: .seconds(try settings.integer(.kubernetesTimeout, in: 1...300, default: 30)),
            attempts: try settings.integer(.kubernetesAttempts, in: 1...10, default: 3),
            backoffFactor: try settings.decimal(.kubernetesBackoff, in: 1...10, default: 2)
        )
    }

    /// A client for a cluster.
    ///
    /// - Returns: nil if the cluster is unknown or deleted.
    public func client(for id: UUID) async throws -> KubernetesClient? {
        guard let credentials = try await clusters.credentials(of: id) else { return nil }
        let endpoint = KubernetesEndpoint(
            serverURL: credentials.apiEndpoint,
            certificateAuthorityPEM: credentials.certificateAuthority,
            token: KubernetesToken(credentials.token),
            addressPolicy: policy
        )
        return KubernetesClient(endpoint: endpoint, http: http, retry: retry)
    }
}

extension Settings {
    /// Which addresses customers' endpoints may have: public ones, unless the operator allows private ones too.
    public func customerAddressPolicy() throws(SettingError) -> HTTPAddressPolicy {
        try flag(.allowPrivateEndpoints, default: false) ? .any : .publicOnly
    }
}
