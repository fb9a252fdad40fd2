internal import CCurl

extension Transfer {
    /// Makes the libcurl handle for this transfer, with every option set explicitly that could let a request
    /// go elsewhere than its URL says.
    func makeHandle(_ configuration: HTTPClientConfiguration) throws(HTTPClientError) -> EasyHandle {
        let easy = try EasyHandle()
        try easy.setErrorBuffer()
        try easy.set(CURLOPT_NOSIGNAL, 1)
        try easy.set(CURLOPT_URL, request.url)
        try easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
        try easy.set(CURLOPT_PROXY, request.proxy ?? "")
        try easy.set(CURLOPT_NOPROXY, "")
        try easy.set(CURLOPT_ACCEPT_ENCODING, "gzip")
        try easy.set(CURLOPT_HTTP_VERSION, Int(httpVersion(configuration)))
        try easy.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        try setRedirects(easy)
        try setLimits(easy, configuration)
        try setTrust(easy)
        try setMethod(easy)
        try setHeaders(easy, configuration)
        try setCallbacks(easy)
        return easy
    }

    private func httpVersion(_ configuration: HTTPClientConfiguration) -> Int {
        configuration.allowsHTTP2 ? Int(CURL_HTTP_VERSION_2TLS) : Int(CURL_HTTP_VERSION_1_1)
    }

    private func setRedirects(_ easy: EasyHandle) throws(HTTPClientError) {
        let isSafe = request.method == "GET" || request.method == "HEAD"
        try easy.set(CURLOPT_FOLLOWLOCATION, request.followsRedirects && isSafe ? 1 : 0)
        try easy.set(CURLOPT_MAXREDIRS, 5)
        try easy.set(CURLOPT_REDIR_PROTOCOLS_STR, url.scheme == "https" ? "https" : "http,https")
    }

    private func setLimits(_ easy: EasyHandle, _ configuration: HTTPClientConfiguration)
        throws(HTTPClientError)
    {
        let remaining = deadline - .now
        try easy.set(CURLOPT_TIMEOUT_MS, max(1, remaining.wholeMilliseconds))
        try easy.set(CURLOPT_CONNECTTIMEOUT_MS, max(1, request.connectTimeout.wholeMilliseconds))
        try easy.set(CURLOPT_LOW_SPEED_LIMIT, 1)
        try easy.set(CURLOPT_LOW_SPEED_TIME, max(1, (request.stallTimeout.wholeMilliseconds + 999) / 1000))
        try easy.set(CURLOPT_TCP_KEEPALIVE, 1)
        try easy.set(CURLOPT_TCP_KEEPIDLE, 30)
        try easy.set(CURLOPT_TCP_KEEPINTVL, 10)
        try easy.set(CURLOPT_MAXAGE_CONN, max(1, configuration.idleLifetime.wholeMilliseconds / 1000))
        try easy.set(
            CURLOPT_MAXLIFETIME_CONN,
            max(1, configuration.connectionLifetime.wholeMilliseconds / 1000)
        )
        try easy.set(CURLOPT_FRESH_CONNECT, request.isRepeatable ? 0 : 1)
        // Else a time-out while a name is being resolved would block the engine until the resolver gives up.
        try easy.set(CURLOPT_QUICK_EXIT, 1)
    }

    /// libcurl compares all of these when it looks for a connection or TLS session to use again, so that
    /// requests with different trust never share one.
    private func setTrust(_ easy: EasyHandle) throws(HTTPClientError) {
        try easy.set(CURLOPT_SSL_VERIFYPEER, 1)
        try easy.set(CURLOPT_SSL_VERIFYHOST, 2)
        try easy.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        guard case .certificateAuthority(let pem) = request.trust else { return }
        try easy.set(CURLOPT_CAINFO_BLOB, blob: pem)
        // The blob replaces the system's file, but not its directory of authorities.
        try easy.set(CURLOPT_CAINFO, nil as String?)
        try easy.set(CURLOPT_CAPATH, nil as String?)
    }

    private func setMethod(_ easy: EasyHandle) throws(HTTPClientError) {
        let body = request.body ?? (["POST", "PUT", "PATCH"].contains(request.method) ? [] : nil)
        if let body {
            try easy.set(CURLOPT_POST, 1)
            try easy.set(body: body)
            if request.method != "POST" { try easy.set(CURLOPT_CUSTOMREQUEST, request.method) }
        } else if request.method == "HEAD" {
            try easy.set(CURLOPT_NOBODY, 1)
        } else if request.method != "GET" {
            try easy.set(CURLOPT_CUSTOMREQUEST, request.method)
        }
    }

    private func setHeaders(_ easy: EasyHandle, _ configuration: HTTPClientConfiguration)
        throws(HTTPClientError)
    {
        func isGiven(_ name: String) -> Bool { request.headers.contains { HTTPHeaders.areEqual($0.0, name) } }
        // "Name;" is how libcurl is told to send an empty value, "Name:" to leave out a header of its own.
        var lines = request.headers.map { name, value in value.isEmpty ? "\(name);" : "\(name): \(value)" }
        if !isGiven("Content-Type") { lines.append("Content-Type:") }
        if !isGiven("Expect") { lines.append("Expect:") }
        if !isGiven("User-Agent") { lines.append("User-Agent: \(configuration.userAgent)") }
        try easy.set(headerLines: lines)
    }

    /// The callbacks get the transfer unretained: the engine holds it for as long as the handle is in use.
    private func setCallbacks(_ easy: EasyHandle) throws(HTTPClientError) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        let headerCode = ccurl_set_header_callback(
            easy.raw,
            { bytes, size, count, context in
                guard let transfer = Transfer.from(context) else { return 0 }
                let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
                return transfer.receivedHeader(line) ? size * count : 0
            },
            context
        )
        try easy.check(headerCode, CURLOPT_HEADERFUNCTION)
        let writeCode = ccurl_set_write_callback(
            easy.raw,
            { bytes, size, count, context in
                guard let transfer = Transfer.from(context) else { return 0 }
                switch transfer.receivedBody(UnsafeRawBufferPointer(start: bytes, count: size * count)) {
                case .taken: return size * count
                case .paused: return Int(CURL_WRITEFUNC_PAUSE)
                case .refused: return 0
                }
            },
            context
        )
        try easy.check(writeCode, CURLOPT_WRITEFUNCTION)
        try setAddressChecks(easy, context)
    }

    private func setAddressChecks(
        _ easy: EasyHandle,
        _ context: UnsafeMutableRawPointer
    ) throws(HTTPClientError) {
        // Before a connection is opened: nothing is sent to a refused address, not even a SYN.
        let socketCode = ccurl_set_socket_callback(
            easy.raw,
            { context, _, address in
                guard let transfer = Transfer.from(context), let address else { return curl_socket_t(-1) }
                var bytes = [UInt8](repeating: 0, count: 16)
                let count = Int(ccurl_address_bytes(address, &bytes))
                guard transfer.permits(IPAddress(bytes: Array(bytes.prefix(count)))) else {
                    return curl_socket_t(-1)
                }
                return ccurl_open_socket(address, transfer.unacknowledgedMilliseconds)
            },
            context
        )
        try easy.check(socketCode, CURLOPT_OPENSOCKETFUNCTION)
        // Before a request goes over any connection, also a pooled one that another policy opened.
        let prerequestCode = ccurl_set_prerequest_callback(
            easy.raw,
            { context, remoteAddress, _, _, _ in
                guard let transfer = Transfer.from(context), let remoteAddress else {
                    return CURL_PREREQFUNC_ABORT
                }
                let isPermitted = transfer.permits(IPAddress(String(cString: remoteAddress)))
                return isPermitted ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
            },
            context
        )
        try easy.check(prerequestCode, CURLOPT_PREREQFUNCTION)
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }
}

extension Duration {
    /// Milliseconds, rounded down and kept within what libcurl takes (a little over 24 days).
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        guard seconds < 2_000_000 else { return 2_000_000_000 }
        return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}
