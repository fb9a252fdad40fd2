public import HTTPClient

/// Where a cluster's API server is, and how to be let in.
public struct KubernetesEndpoint: Sendable {
    /// An `https` URL, possibly with a path prefix, without query, fragment or user information.
    public var serverURL: String
    /// The authorities that may sign the server's certificate (one or more PEM); `nil` trusts the system's.
    public var certificateAuthorityPEM: String?
    /// The bearer token sent with every request.
    public var token: KubernetesToken
    /// Which addresses may be connected to.
    public var addressPolicy: HTTPAddressPolicy

    /// Makes an endpoint; nothing is checked here, see ``EndpointValidation``.
    public init(
        serverURL: String,
        certificateAuthorityPEM: String?,
        token: KubernetesToken,
        addressPolicy: HTTPAddressPolicy = .publicOnly
    ) {
        self.serverURL = serverURL
        self.certificateAuthorityPEM = certificateAuthorityPEM
        self.token = token
        self.addressPolicy = addressPolicy
    }
}
