/// Whom a request trusts to sign the server's certificate.
public enum HTTPTrust: Hashable, Sendable {
    /// The system's certificate authorities.
    case system
    /// Only these authorities (one or more PEM certificates), and none of the system's.
    case certificateAuthority(pem: String)
}

/// One HTTP request.
///
/// Descriptions of a request never show its headers, query or body: those carry credentials.
public struct HTTPRequest: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// The method, upper case: `GET`, `POST`, `PATCH` ...
    public var method: String
    /// An absolute `http` or `https` URL, without user information.
    public var url: String
    /// Header fields; a later one does not replace an earlier one of the same name.
    public var headers: [(String, String)]
    /// The body, sent with its length; `nil` for none.
    public var body: [UInt8]?
    /// Whom to trust, for `https`.
    public var trust: HTTPTrust
    /// How long resolving, connecting and the TLS handshake may take.
    public var connectTimeout: Duration
    /// How long the whole exchange may take, waiting in the client's queue included.
    public var timeout: Duration
    /// How long the server may send nothing (on average less than one byte a second) once connected.
    public var stallTimeout: Duration
    /// The largest response body accepted, in bytes after decompression.
    public var bodyLimit: Int
    /// Which addresses may be connected to.
    public var addressPolicy: HTTPAddressPolicy
    /// Whether to follow redirects (at most 5; never from `https` to `http`).
    ///
    /// Only for `GET` and `HEAD`. libcurl keeps `Authorization` and `Cookie` from other hosts; any other header that carries a secret would travel along.
    public var followsRedirects: Bool
    /// Whether sending it twice does no more than once.
    ///
    /// libcurl sends a request again, whatever its method, if a connection that was used before ends without a byte of an
    /// answer: mostly the server had closed it already, but not always. One that is not repeatable gets a new connection.
    public var isRepeatable: Bool
    /// A proxy's URL; `nil` connects directly, whatever the environment says.
    public var proxy: String?

    /// Makes a request; what is left out has the defaults shown.
    public init(
        method: String = "GET",
        url: String,
        headers: [(String, String)] = [],
        body: [UInt8]? = nil,
        trust: HTTPTrust = .system,
        connectTimeout: Duration = .seconds(5),
        timeout: Duration = .seconds(30),
        stallTimeout: Duration = .seconds(25),
        bodyLimit: Int = 16 << 20,
        addressPolicy: HTTPAddressPolicy = .any,
        followsRedirects: Bool = false,
        isRepeatable: Bool = true,
        proxy: String? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.trust = trust
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.stallTimeout = stallTimeout
        self.bodyLimit = bodyLimit
        self.addressPolicy = addressPolicy
        self.followsRedirects = followsRedirects
        self.isRepeatable = isRepeatable
        self.proxy = proxy
    }

    /// Method, scheme, host and path.
    public var description: String {
        guard let parts = try? RequestURL(url) else { return "\(method) (invalid URL)" }
        return "\(method) \(parts.origin)\(parts.path)"
    }

    /// As ``description``.
    public var debugDescription: String { description }

    /// Shows nothing but the description.
    public var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}
