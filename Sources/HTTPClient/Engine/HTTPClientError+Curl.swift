internal import CCurl

extension HTTPClientError {
    /// What libcurl's result code means for this transfer.
    init(_ code: CURLcode, _ transfer: Transfer, _ easy: EasyHandle) {
        let wasSent = easy.wasConnected
        let detail = easy.errorMessage.isEmpty ? String(cString: curl_easy_strerror(code)) : easy.errorMessage
        if let limit = transfer.exceededLimit {
            self.init(.bodyTooLarge, limit, wasSent: true)
        } else if let address = transfer.refusedAddress, code != CURLE_OPERATION_TIMEDOUT {
            self.init(.addressRefused, "\(address) is not an address of the public internet")
        } else if code == CURLE_OPERATION_TIMEDOUT {
            let stage = wasSent ? "" : easy.wasResolved ? "while connecting: " : "while resolving: "
            self.init(wasSent ? .timedOut : .connectTimedOut, stage + detail, wasSent: wasSent)
        } else {
            self.init(Self.code(for: code), detail, wasSent: wasSent && code != CURLE_URL_MALFORMAT)
        }
    }

    private static func code(for code: CURLcode) -> Code {
        switch code {
        case CURLE_URL_MALFORMAT: .invalidURL
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .resolveFailed
        case CURLE_COULDNT_CONNECT, CURLE_PROXY, CURLE_INTERFACE_FAILED: .connectFailed
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS:
            .tlsFailed
        case CURLE_SSL_CONNECT_ERROR: .handshakeFailed
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_HTTP2,
            CURLE_HTTP2_STREAM, CURLE_AGAIN, CURLE_SSL_SHUTDOWN_FAILED, CURLE_SEND_FAIL_REWIND:
            .connectionLost
        // HTTP/0.9 and redirects to other schemes are what is left of "unsupported protocol" after validation.
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING,
            CURLE_TOO_MANY_REDIRECTS:
            .invalidResponse
        default: .other
        }
    }
}
