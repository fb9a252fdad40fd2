internal import CCurl

/// A server that takes mail, as an operator names it.
///
/// - `smtps://user:password@host:465`: encrypted from the first byte.
/// - `smtp://user:password@host:587`: encrypted by STARTTLS before anything is said, or not used.
/// - `smtp://host:25?tls=none`: not encrypted, and then without a password.
///
/// Its descriptions show no credentials.
public struct MailServer: Sendable, CustomStringConvertible, CustomReflectable {
    /// How a conversation is kept from others.
    enum Encryption: Sendable { case fromTheStart, startTLS, none }

    let url: String
    let encryption: Encryption
    let user: String?
    let password: String?
    /// Whom to trust; mostly the system's authorities.
    let trust: HTTPTrust
    private let shown: String

    /// Reads a URL.
    ///
    /// - Parameters:
    ///   - text: As above.
    ///   - trust: Whom to trust to sign the server's certificate.
    /// - Throws: ``HTTPClientError`` with `invalidURL`; its message shows no credentials.
    public init(_ text: String, trust: HTTPTrust = .system) throws(HTTPClientError) {
        // libcurl would take the first part of the path for the host.
        guard text.firstRange(of: ":///") == nil else {
            throw HTTPClientError(.invalidURL, "there is no host")
        }
        guard let handle = curl_url() else { throw HTTPClientError(.other, "out of memory") }
        defer { curl_url_cleanup(handle) }
        guard curl_url_set(handle, CURLUPART_URL, text, UInt32(CURLU_NON_SUPPORT_SCHEME)) == CURLUE_OK else {
            throw HTTPClientError(.invalidURL, "not a URL")
        }
        func part(_ which: CURLUPart, _ flags: Int32 = 0) -> String? {
            var pointer: UnsafeMutablePointer<CChar>?
            guard curl_url_get(handle, which, &pointer, UInt32(flags)) == CURLUE_OK, let pointer else {
                return nil
            }
            defer { curl_free(pointer) }
            return String(cString: pointer)
        }
        guard let scheme = part(CURLUPART_SCHEME), scheme == "smtp" || scheme == "smtps" else {
            throw HTTPClientError(.invalidURL, "the scheme is neither smtp nor smtps")
        }
        guard let host = part(CURLUPART_HOST), !host.isEmpty else {
            throw HTTPClientError(.invalidURL, "there is no host")
        }
        user = part(CURLUPART_USER, CURLU_URLDECODE)
        password = part(CURLUPART_PASSWORD, CURLU_URLDECODE)
        switch (scheme, part(CURLUPART_QUERY)) {
        case ("smtps", nil): encryption = .fromTheStart
        case ("smtp", nil): encryption = .startTLS
        case ("smtp", "tls=none"):
            guard user == nil, password == nil else {
                throw HTTPClientError(.invalidURL, "a password is not sent without encryption")
            }
            encryption = .none
        default: throw HTTPClientError(.invalidURL, "the query may only be tls=none, of smtp")
        }
        // The path is the name we greet with; none is the host's.
        let port = part(CURLUPART_PORT) ?? (scheme == "smtps" ? "465" : user == nil ? "25" : "587")
        shown = "\(scheme)://\(host):\(port)"
        url = shown
        self.trust = trust
    }

    /// Scheme, host and port.
    public var description: String { shown }
    /// Scheme, host and port.
    public var customMirror: Mirror { Mirror(self, children: ["server": shown]) }
}
