internal import HTTPClient

/// An endpoint's URL and what signatures need of it.
struct Endpoint: Sendable {
    let url: String
    /// With the port, unless it is the scheme's own.
    let host: String
    /// As signed and sent.
    let path: String

    init(_ url: String) throws(AWSError) {
        do throws(HTTPClientError) {
            let parts = try RequestURL(url)
            let usual = parts.scheme == "https" ? "443" : "80"
            self.url = url
            host = parts.port == usual ? parts.host : "\(parts.host):\(parts.port)"
            path = parts.path
        } catch {
            throw AWSError(.invalidRequest, "the endpoint is no URL")
        }
    }
}
