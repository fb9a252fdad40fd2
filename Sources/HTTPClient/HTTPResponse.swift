/// The version of HTTP that a response came by.
public enum HTTPVersion: String, Sendable {
    /// HTTP/1.0
    case http1_0 = "HTTP/1.0"
    /// HTTP/1.1
    case http1_1 = "HTTP/1.1"
    /// HTTP/2
    case http2 = "HTTP/2"
    /// Any other.
    case other = "HTTP/?"
}

/// Status line and header fields of a response.
public struct HTTPResponseHead: Sendable {
    /// The status code, whatever it is: only transport failures are errors.
    public let status: Int
    /// The header fields of the last response received.
    public let headers: HTTPHeaders

    /// Makes a head.
    public init(status: Int, headers: HTTPHeaders) {
        self.status = status
        self.headers = headers
    }
}

/// A complete response.
public struct HTTPResponse: Sendable {
    /// The status code, whatever it is: only transport failures are errors.
    public let status: Int
    /// The header fields.
    public let headers: HTTPHeaders
    /// The decompressed body; empty when it was streamed.
    public let body: [UInt8]
    /// The version of HTTP used.
    public let httpVersion: HTTPVersion
    /// The address of the peer (of the proxy, if one was used).
    public let remoteAddress: IPAddress?

    /// Makes a response; for tests of code above the client.
    public init(
        status: Int,
        headers: HTTPHeaders = HTTPHeaders(),
        body: [UInt8] = [],
        httpVersion: HTTPVersion = .http1_1,
        remoteAddress: IPAddress? = nil
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.httpVersion = httpVersion
        self.remoteAddress = remoteAddress
    }
}
