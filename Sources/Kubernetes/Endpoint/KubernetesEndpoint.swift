public import HTTPClient

/// Where a cluster's API server is, and how to be let in.
public struct KubernetesEndpoint: Sendable {
    /// An `https` URL, possibly with a path prefix, without query, fragment or user information.
    public var serverURL: String
    /// The authorities that may sign the server's certificate (one or more PEM); `nil` trusts the system's.
    public var certificateAuthorityPEM: String?
    /// What the bearer token of every request comes from.
    public var signIn: KubernetesSignIn
    /// Which addresses may be connected to.
    public var addressPolicy: HTTPAddressPolicy

    /// Makes an endpoint; nothing is checked here, see ``EndpointValidation``.
    public init(
        serverURL: String,
        certificateAuthorityPEM: String?,
        signIn: KubernetesSignIn,
        addressPolicy: HTTPAddressPolicy = .publicOnly
    ) {
        self.serverURL = serverURL
        self.certificateAuthorityPEM = certificateAuthorityPEM
        self.signIn = signIn
        self.addressPolicy = addressPolicy
    }

    /// Makes an endpoint whose token stays the same.
    public init(
        serverURL: String,
        certificateAuthorityPEM: String?,
        token: KubernetesToken,
        addressPolicy: HTTPAddressPolicy = .publicOnly
    ) {
        self.init(
            serverURL: serverURL,
            certificateAuthorityPEM: certificateAuthorityPEM,
            signIn: .token(token),
            addressPolicy: addressPolicy
        )
    }
}
