/// Limits of an ``HTTPClient``.
public struct HTTPClientConfiguration: Sendable {
    /// Transfers in progress at once; each may hold a descriptor, so the process's limit must allow as many.
    public var maxTransfers: Int
    /// Transfers in progress at once to one host and port.
    ///
    /// Others wait, without holding up other hosts.
    public var maxTransfersPerHost: Int
    /// Connections to one host and port.
    public var maxConnectionsPerHost: Int
    /// Transfers waiting; beyond this a request fails with `tooManyTransfers`.
    public var maxQueued: Int
    /// Connections kept open, idle or not, before the idle one unused for longest is closed.
    public var maxCachedConnections: Int
    /// How long a connection may have been idle and still be used again.
    public var idleLifetime: Duration
    /// How long a connection may live before it is used no more, so that DNS changes are seen.
    public var connectionLifetime: Duration
    /// How long sent bytes may stay unacknowledged before the connection counts as dead.
    public var unacknowledgedTimeout: Duration
    /// Whether to use HTTP/2 where the server offers it by ALPN.
    public var allowsHTTP2: Bool
    /// The `User-Agent` sent when a request has none.
    public var userAgent: String

    /// Makes limits; what is left out has the defaults shown.
    public init(
        maxTransfers: Int = 4096,
        maxTransfersPerHost: Int = 128,
        maxConnectionsPerHost: Int = 128,
        maxQueued: Int = 16384,
        maxCachedConnections: Int = 1024,
        idleLifetime: Duration = .seconds(60),
        connectionLifetime: Duration = .seconds(600),
        unacknowledgedTimeout: Duration = .seconds(20),
        allowsHTTP2: Bool = true,
        userAgent: String = "cloudoptim"
    ) {
        self.maxTransfers = maxTransfers
        self.maxTransfersPerHost = maxTransfersPerHost
        self.maxConnectionsPerHost = maxConnectionsPerHost
        self.maxQueued = maxQueued
        self.maxCachedConnections = maxCachedConnections
        self.idleLifetime = idleLifetime
        self.connectionLifetime = connectionLifetime
        self.unacknowledgedTimeout = unacknowledgedTimeout
        self.allowsHTTP2 = allowsHTTP2
        self.userAgent = userAgent
    }
}
