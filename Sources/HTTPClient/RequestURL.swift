internal import CCurl

/// The parts of a request's URL, as libcurl itself reads them, so that what is checked is what is used.
package struct RequestURL: Sendable {
    package let scheme: String
    /// Lower case; an IPv4 address in dotted form however it was written, an IPv6 address in brackets.
    package let host: String
    package let port: String
    package let path: String
    package let hasQuery: Bool
    package let hasFragment: Bool

    /// Where connections go: transfers of one origin share a limit.
    package var origin: String { "\(scheme)://\(host):\(port)" }

    /// Reads and checks an absolute http(s) URL.
    package init(_ text: String) throws(HTTPClientError) {
        guard !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
            throw HTTPClientError(.invalidURL, "the URL contains a space or control character")
        }
        // libcurl would take the first part of the path for the host.
        if let separator = text.firstRange(of: "://"), text[separator.upperBound...].hasPrefix("/") {
            throw HTTPClientError(.invalidURL, "the URL has no host")
        }
        guard let handle = curl_url() else { throw HTTPClientError(.other, "out of memory") }
        defer { curl_url_cleanup(handle) }
        let code = curl_url_set(
            handle,
            CURLUPART_URL,
            text,
            UInt32(CURLU_DISALLOW_USER | CURLU_NON_SUPPORT_SCHEME)
        )
        guard code != CURLUE_USER_NOT_ALLOWED else {
            throw HTTPClientError(.invalidURL, "the URL contains user information; credentials go in headers")
        }
        guard code == CURLUE_OK else {
            throw HTTPClientError(.invalidURL, "not a URL: \(String(cString: curl_url_strerror(code)))")
        }
        func part(_ which: CURLUPart, _ flags: Int32 = 0) -> String? {
            var pointer: UnsafeMutablePointer<CChar>?
            guard curl_url_get(handle, which, &pointer, UInt32(flags)) == CURLUE_OK, let pointer else {
                return nil
            }
            defer { curl_free(pointer) }
            return String(cString: pointer)
        }
        guard part(CURLUPART_USER) == nil, part(CURLUPART_PASSWORD) == nil else {
            throw HTTPClientError(.invalidURL, "the URL contains user information; credentials go in headers")
        }
        guard let scheme = part(CURLUPART_SCHEME), scheme == "https" || scheme == "http" else {
            throw HTTPClientError(.invalidURL, "the URL's scheme is neither https nor http")
        }
        guard let host = part(CURLUPART_HOST), !host.isEmpty,
            let port = part(CURLUPART_PORT, CURLU_DEFAULT_PORT)
        else { throw HTTPClientError(.invalidURL, "the URL has no host") }
        self.scheme = scheme
        self.host = host.lowercased()
        self.port = port
        path = part(CURLUPART_PATH) ?? "/"
        hasQuery = text.contains("?")
        hasFragment = text.contains("#")
    }
}
