internal import BlockingIO
internal import CCurl

/// Hands mail to one server, one after the other, on a thread of its own.
///
/// libcurl speaks SMTP: https://curl.se/libcurl/c/smtp-mail.html
public actor MailSender {
    private let executor: QueueExecutor
    private let server: MailServer
    private let timeout: Duration

    /// Runs what blocks off the threads that tasks share.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Makes a sender; nothing is connected yet.
    ///
    /// - Parameters:
    ///   - server: Where mail goes.
    ///   - timeout: How long one may take, with its connection.
    public init(server: MailServer, timeout: Duration = .seconds(10)) {
        HTTPClient.setUpLibcurl()
        executor = QueueExecutor(label: "cloudoptim.mail")
        self.server = server
        self.timeout = timeout
    }

    /// Sends a mail over a connection of its own.
    ///
    /// - Parameters:
    ///   - message: As RFC 5322 has it, lines ended by CR LF.
    ///   - sender: The envelope's sender, `ops@example.com`.
    ///   - receiver: The envelope's receiver.
    /// - Throws: ``MailError``, whether the server may have taken it or not: when in doubt it is sent again.
    public func send(_ message: [UInt8], from sender: String, to receiver: String) throws(MailError) {
        guard [sender, receiver].allSatisfy(Self.isAddress) else {
            throw MailError(.invalidAddress, "sender or receiver is not an address that can be sent")
        }
        guard !Task.isCancelled else { throw MailError(.other, "cancelled") }
        let upload = MailUpload(message)
        let easy: EasyHandle
        do throws(HTTPClientError) {
            easy = try handle(from: sender)
            try easy.setUpload(upload, to: receiver)
        } catch {
            throw MailError(.other, error.message)
        }
        let code = ccurl_perform(easy.raw)
        withExtendedLifetime(upload) {}
        guard code == CURLE_OK else { throw Self.error(code, easy.status, on: server) }
    }

    private func handle(from sender: String) throws(HTTPClientError) -> EasyHandle {
        let easy = try EasyHandle()
        try easy.setErrorBuffer()
        try easy.set(CURLOPT_NOSIGNAL, 1)
        try easy.set(CURLOPT_URL, server.url)
        try easy.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        try easy.set(CURLOPT_PROXY, "")
        try easy.set(CURLOPT_TIMEOUT_MS, max(1, timeout.wholeMilliseconds))
        try easy.set(CURLOPT_CONNECTTIMEOUT_MS, max(1, timeout.wholeMilliseconds))
        try easy.set(CURLOPT_QUICK_EXIT, 1)
        try easy.set(CURLOPT_MAIL_FROM, "<\(sender)>")
        try easy.set(CURLOPT_SSL_VERIFYPEER, 1)
        try easy.set(CURLOPT_SSL_VERIFYHOST, 2)
        try easy.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        try easy.set(
            CURLOPT_USE_SSL,
            Int(server.encryption == .none ? CURLUSESSL_NONE.rawValue : CURLUSESSL_ALL.rawValue)
        )
        if case .certificateAuthority(let pem) = server.trust {
            try easy.set(CURLOPT_CAINFO_BLOB, blob: pem)
            try easy.set(CURLOPT_CAINFO, nil as String?)
            try easy.set(CURLOPT_CAPATH, nil as String?)
        }
        if let user = server.user { try easy.set(CURLOPT_USERNAME, user) }
        if let password = server.password { try easy.set(CURLOPT_PASSWORD, password) }
        return easy
    }

    /// What libcurl says, in words that hold nothing of the conversation.
    private static func error(_ code: CURLcode, _ status: Int, on server: MailServer) -> MailError {
        switch code {
        case CURLE_OPERATION_TIMEDOUT: MailError(.timedOut, "\(server) did not answer in time")
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_GOT_NOTHING, CURLE_RECV_ERROR:
            MailError(.unreachable, "\(server) cannot be reached, or broke off")
        case CURLE_USE_SSL_FAILED: MailError(.notEncrypted, "\(server) offers no STARTTLS")
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR:
            MailError(
                .notEncrypted,
                "the certificate of \(server) is not acceptable, or the handshake failed"
            )
        case CURLE_LOGIN_DENIED: MailError(.notSignedIn, "\(server) refused our name or password")
        case _ where (400..<500).contains(status):
            MailError(.postponed, "\(server) takes it later (\(status))")
        case _ where (500..<600).contains(status): MailError(.refused, "\(server) refused it (\(status))")
        default: MailError(.other, "\(server): \(String(cString: curl_easy_strerror(code)))")
        }
    }

    /// Whether an address can stand between angle brackets and say nothing else.
    public static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && text.utf8.count <= 254
            && !text.hasPrefix("-")
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"<>()[]\\,;:\"".utf8.contains($0) }
    }
}

/// The bytes of a mail, as libcurl asks for them.
final class MailUpload {
    private var rest: ArraySlice<UInt8>

    init(_ message: [UInt8]) { rest = message[...] }

    /// Gives the next ones; 0 at the end.
    func read(into buffer: UnsafeMutablePointer<CChar>?, _ limit: Int) -> Int {
        guard let buffer else { return 0 }
        let part = rest.prefix(limit)
        UnsafeMutableRawPointer(buffer).copyMemory(from: Array(part), byteCount: part.count)
        rest = rest.dropFirst(part.count)
        return part.count
    }
}

extension EasyHandle {
    /// Sends bytes to a receiver; they must outlive the transfer.
    func setUpload(_ upload: MailUpload, to receiver: String) throws(HTTPClientError) {
        try set(receivers: ["<\(receiver)>"])
        try set(CURLOPT_UPLOAD, 1)
        let code = ccurl_set_read_callback(
            raw,
            { bytes, size, count, context in
                guard let context else { return 0 }
                return Unmanaged<MailUpload>.fromOpaque(context).takeUnretainedValue().read(
                    into: bytes,
                    size * count
                )
            },
            Unmanaged.passUnretained(upload).toOpaque()
        )
        try check(code, CURLOPT_READFUNCTION)
    }
}
