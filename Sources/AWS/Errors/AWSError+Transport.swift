internal import HTTPClient

extension AWSError {
    /// What the lack of an answer means.
    init(_ error: HTTPClientError) {
        let code: Code =
            switch error.code {
            case .resolveFailed, .connectFailed, .handshakeFailed, .connectionLost, .tooManyTransfers, .other:
                .unreachable
            case .connectTimedOut, .timedOut: .timedOut
            case .tlsFailed: .untrustedCertificate
            case .addressRefused, .invalidURL, .invalidRequest: .invalidRequest
            case .bodyTooLarge, .invalidResponse: .invalidResponse
            case .cancelled, .shutDown: .cancelled
            }
        self.init(code, error.message, mayHaveHappened: error.wasSent)
    }

    /// The same error, saying what was called.
    func of(_ action: String) -> AWSError {
        var error = self
        error.action = self.action ?? action
        return error
    }
}
