import COpenSSL
import Glibc

/// The TLS side of one connection, between bytes in memory: it never touches the socket.
///
/// So that one loop reads and writes for plain and for encrypted connections alike, and so that OpenSSL never
/// writes to a socket by itself, which could raise SIGPIPE.
struct TLSSession: ~Copyable {
    private let ssl: OpaquePointer
    // Owned by `ssl`, which frees them.
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer

    /// Prepares a session that accepts only a certificate for the host, signed by a trusted authority.
    init(_ settings: RedisConfiguration.TLS, host: String) throws(RedisError) {
        let (ssl, incoming, outgoing) = try Self.make(settings, host: host)
        self.ssl = ssl
        self.incoming = incoming
        self.outgoing = outgoing
    }

    deinit { SSL_free(ssl) }

    /// Goes on with the handshake.
    ///
    /// - Returns: Whether it is complete. If not, more bytes of the peer are needed.
    func handshake() throws(RedisError) -> Bool {
        ERR_clear_error()
        let status = SSL_do_handshake(ssl)
        if status == 1 { return true }
        if SSL_get_error(ssl, status) == SSL_ERROR_WANT_READ { return false }
        let verification = SSL_get_verify_result(ssl)
        guard verification == CLong(X509_V_OK) else {
            throw RedisError(
                .tls,
                "certificate refused: \(String(cString: X509_verify_cert_error_string(verification)))"
            )
        }
        throw Self.failure("handshake failed")
    }

    /// Takes bytes from the peer.
    func receive(_ bytes: UnsafeRawBufferPointer) {
        _ = BIO_write(incoming, bytes.baseAddress, CInt(bytes.count))
    }

    /// Decrypts into the buffer; `wouldBlock` if more bytes of the peer are needed.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Socket.Transfer {
        ERR_clear_error()
        let count = SSL_read(ssl, buffer.baseAddress, CInt(buffer.count))
        if count > 0 { return .bytes(Int(count)) }
        switch SSL_get_error(ssl, count) {
        case SSL_ERROR_WANT_READ: return .wouldBlock
        case SSL_ERROR_ZERO_RETURN: return .ended
        default: return .failed(EPROTO)
        }
    }

    /// Encrypts all the bytes; what comes of it is taken by ``takeOutput(into:)``.
    func write(_ bytes: [UInt8]) throws(RedisError) {
        var start = 0
        while start < bytes.count {
            ERR_clear_error()
            let size = min(1 << 20, bytes.count - start)
            let count = bytes.withUnsafeBytes { bytes in
                SSL_write(ssl, bytes.baseAddress?.advanced(by: start), CInt(size))
            }
            guard count > 0 else { throw Self.failure("encryption failed") }
            start += Int(count)
        }
    }

    /// Appends what is to be sent to the peer.
    func takeOutput(into buffer: inout [UInt8]) {
        let count = BIO_ctrl_pending(outgoing)
        guard count > 0 else { return }
        let output = [UInt8](unsafeUninitializedCapacity: count) { memory, size in
            size = max(0, Int(BIO_read(outgoing, memory.baseAddress, CInt(memory.count))))
        }
        if buffer.isEmpty { buffer = output } else { buffer.append(contentsOf: output) }
    }

    private static func make(
        _ settings: RedisConfiguration.TLS,
        host: String
    ) throws(RedisError) -> (ssl: OpaquePointer, incoming: OpaquePointer, outgoing: OpaquePointer) {
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw failure("no TLS context") }
        // The session keeps its own reference.
        defer { SSL_CTX_free(context) }
        _ = SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, CLong(TLS1_2_VERSION), nil)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        if let file = settings.certificateAuthorityFile {
            guard SSL_CTX_load_verify_locations(context, file, nil) == 1 else {
                throw RedisError(.configuration, "certificate authority file can't be read")
            }
        } else {
            guard SSL_CTX_set_default_verify_paths(context) == 1 else {
                throw failure("no system certificate authorities")
            }
        }
        guard let ssl = SSL_new(context), let incoming = BIO_new(BIO_s_mem()),
            let outgoing = BIO_new(BIO_s_mem())
        else { throw failure("no TLS session") }
        SSL_set_bio(ssl, incoming, outgoing)
        SSL_set_connect_state(ssl)
        // An address is checked against the certificate's addresses; a name also goes into the greeting (SNI).
        if X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) != 1 {
            var name = Array(host.utf8CString)
            SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, CLong(TLSEXT_NAMETYPE_host_name), &name)
            guard SSL_set1_host(ssl, host) == 1 else {
                SSL_free(ssl)
                throw failure("host name can't be checked")
            }
        }
        ERR_clear_error()
        return (ssl, incoming, outgoing)
    }

    private static func failure(_ what: String) -> RedisError {
        let code = ERR_peek_error()
        let reason = code == 0 ? nil : ERR_reason_error_string(code).map { String(cString: $0) }
        return RedisError(.tls, reason.map { "\(what): \($0)" } ?? what)
    }
}
