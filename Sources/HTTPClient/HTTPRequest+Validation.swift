extension HTTPRequest {
    /// Checks what could smuggle another request or header, and what libcurl must set itself.
    func validateFields() throws(HTTPClientError) {
        guard !method.isEmpty, method.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
            throw HTTPClientError(.invalidRequest, "the method must be upper-case letters")
        }
        guard bodyLimit >= 0, timeout > .zero, connectTimeout > .zero, stallTimeout > .zero else {
            throw HTTPClientError(.invalidRequest, "limits must be positive")
        }
        for (name, value) in headers {
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isTokenByte) else {
                throw HTTPClientError(.invalidRequest, "a header's name is not a token")
            }
            guard !value.utf8.contains(where: { $0 == 0x0D || $0 == 0x0A || $0 == 0 }) else {
                throw HTTPClientError(
                    .invalidRequest,
                    "the value of header \(name) contains a line break or NUL"
                )
            }
            guard
                !["Content-Length", "Transfer-Encoding"].contains(where: { HTTPHeaders.areEqual($0, name) })
            else {
                throw HTTPClientError(.invalidRequest, "header \(name) is set by the client")
            }
        }
        if case .certificateAuthority(let pem) = trust, !pem.contains("-----BEGIN CERTIFICATE-----") {
            throw HTTPClientError(.invalidRequest, "the certificate authority is not a PEM certificate")
        }
    }

    /// The bytes of a token, RFC 9110 section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
