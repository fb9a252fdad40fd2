internal import CCurl

/// One libcurl easy handle with all that it points to.
///
/// Used by the engine's thread only, and must have left the multi handle before it is released.
/// https://curl.se/libcurl/c/threadsafe.html
final class EasyHandle {
    let raw: UnsafeMutableRawPointer
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var receiverList: UnsafeMutablePointer<curl_slist>?
    private let errorText: UnsafeMutablePointer<CChar>

    init() throws(HTTPClientError) {
        guard let raw = curl_easy_init() else {
            throw HTTPClientError(.other, "libcurl has no memory for a handle")
        }
        self.raw = raw
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(raw)
        curl_slist_free_all(headerList)
        curl_slist_free_all(receiverList)
        errorText.deallocate()
    }

    // MARK: Results

    var status: Int { long(CURLINFO_RESPONSE_CODE) }

    var httpVersion: HTTPVersion {
        switch long(CURLINFO_HTTP_VERSION) {
        case Int(CURL_HTTP_VERSION_1_0): .http1_0
        case Int(CURL_HTTP_VERSION_1_1): .http1_1
        case Int(CURL_HTTP_VERSION_2_0): .http2
        default: .other
        }
    }

    var remoteAddress: IPAddress? {
        var pointer: UnsafeMutablePointer<CChar>?
        guard ccurl_get_string(raw, CURLINFO_PRIMARY_IP, &pointer) == CURLE_OK, let pointer else {
            return nil
        }
        return IPAddress(String(cString: pointer))
    }

    /// Whether the name was resolved; whether the connection (with TLS) was ready for the request.
    var wasResolved: Bool { offset(CURLINFO_NAMELOOKUP_TIME_T) > 0 }
    var wasConnected: Bool { offset(CURLINFO_PRETRANSFER_TIME_T) > 0 }

    /// libcurl's own words for the failure; they name hosts and certificates, no request data.
    var errorMessage: String { String(cString: errorText) }

    func long(_ info: CURLINFO) -> Int {
        var value = 0
        return ccurl_get_long(raw, info, &value) == CURLE_OK ? value : 0
    }

    private func offset(_ info: CURLINFO) -> Int {
        var value: curl_off_t = 0
        return ccurl_get_offset(raw, info, &value) == CURLE_OK ? Int(value) : 0
    }

    // MARK: Options

    /// Sets an option, failing with its name: each one here exists in every libcurl since 7.87.
    func set(_ option: CURLoption, _ value: Int) throws(HTTPClientError) {
        try check(ccurl_set_long(raw, option, value), option)
    }

    func set(_ option: CURLoption, bytes value: Int) throws(HTTPClientError) {
        try check(ccurl_set_offset(raw, option, curl_off_t(value)), option)
    }

    func set(_ option: CURLoption, _ value: String?) throws(HTTPClientError) {
        try check(ccurl_set_string(raw, option, value), option)
    }

    func set(_ option: CURLoption, blob: String) throws(HTTPClientError) {
        var blob = blob
        let code = blob.withUTF8 { ccurl_set_blob(raw, option, $0.baseAddress, $0.count) }
        try check(code, option)
    }

    /// Sets the request's body, which libcurl copies.
    ///
    /// The length must be set before the bytes.
    func set(body: [UInt8]) throws(HTTPClientError) {
        try set(CURLOPT_POSTFIELDSIZE_LARGE, bytes: body.count)
        // An empty array may have no address, and a missing address would make libcurl read standard input.
        let bytes = body.isEmpty ? [0] : body
        let code = bytes.withUnsafeBytes {
            ccurl_set_pointer(raw, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: $0.baseAddress))
        }
        try check(code, CURLOPT_COPYPOSTFIELDS)
    }

    func set(headerLines: [String]) throws(HTTPClientError) {
        for line in headerLines {
            guard let extended = curl_slist_append(headerList, line) else {
                throw HTTPClientError(.other, "libcurl has no memory for headers")
            }
            headerList = extended
        }
        try check(ccurl_set_headers(raw, headerList), CURLOPT_HTTPHEADER)
    }

    /// Sets the receivers of a mail, as in `<ops@example.com>`.
    func set(receivers: [String]) throws(HTTPClientError) {
        for receiver in receivers {
            guard let extended = curl_slist_append(receiverList, receiver) else {
                throw HTTPClientError(.other, "libcurl has no memory for receivers")
            }
            receiverList = extended
        }
        try check(ccurl_set_receivers(raw, receiverList), CURLOPT_MAIL_RCPT)
    }

    func setErrorBuffer() throws(HTTPClientError) {
        try check(ccurl_set_pointer(raw, CURLOPT_ERRORBUFFER, errorText), CURLOPT_ERRORBUFFER)
    }

    func check(_ code: CURLcode, _ option: CURLoption) throws(HTTPClientError) {
        guard code == CURLE_OK else {
            throw HTTPClientError(
                .other,
                "libcurl refused option \(option.rawValue): \(String(cString: curl_easy_strerror(code)))"
            )
        }
    }
}
