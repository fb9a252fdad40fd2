public import FoundationEssentials
public import HTTPClient
public import Kubernetes
public import Store

/// Clients for registered clusters.
///
/// A stored token is opened for each use, and nowhere kept. A cluster without one is signed in to as its customer's role.
public struct ClusterConnections: Sendable {
    private let clusters: ClusterStore
    private let http: HTTPClient
    private let policy: HTTPAddressPolicy
    private let retry: RetrySettings
    private let tokens: EKSTokenSources

    /// - Parameters:
    ///   - clusters: Where endpoints and tokens are.
    ///   - http: Shared by all clusters.
    ///   - sessions: Take on customers' roles, for clusters without a stored token.
    ///   - settings: Which addresses may be called, and how calls are repeated.
    /// - Throws: What the layers below throw.
    public init(
        clusters: ClusterStore,
        http: HTTPClient,
        sessions: CustomerSessions,
        settings: Settings
    ) throws {
        tokens = EKSTokenSources(sessions: sessions)
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
            signIn: signIn(credentials.secret),
            addressPolicy: policy
        )
        return KubernetesClient(endpoint: endpoint, http: http, retry: retry)
    }

    private func signIn(_ secret: ClusterCredentials.Secret) -> KubernetesSignIn {
        switch secret {
        case .token(let token): .token(KubernetesToken(token))
        case .eks(let access): .tokens(tokens.source(for: access))
        }
    }
}

extension Settings {
    /// Which addresses customers' endpoints may have: public ones, unless the operator allows private ones too.
    public func customerAddressPolicy() throws(SettingError) -> HTTPAddressPolicy {
        try flag(.allowPrivateEndpoints, default: false) ? .any : .publicOnly
    }
}
