public import FoundationEssentials

/// What a service account's token says of itself, read without verifying anything.
///
/// Only the API server can verify it; this tells when it will expire, so that someone can be warned in time.
public struct BearerTokenClaims: Hashable, Sendable {
    /// When the token expires (`exp`); `nil` for one that doesn't, such as a legacy service account's.
    public let expiresAt: Date?
    /// Who issued it (`iss`).
    public let issuer: String?
    /// Whom it stands for (`sub`), as in `system:serviceaccount:kube-system:cloudoptim`.
    public let subject: String?

    private struct Payload: Decodable {
        let exp: Double?
        let iss: String?
        let sub: String?
    }

    /// Reads the claims of a JSON Web Token; `nil` if it is none (an EKS IAM token, a static token).
    public init?(_ token: KubernetesToken) {
        let parts = token.secret.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let json = Self.base64URLDecoded(parts[1]),
            let payload = try? JSONDecoder().decode(Payload.self, from: json)  // no JSON: not such a token
        else { return nil }
        expiresAt = payload.exp.map(Date.init(timeIntervalSince1970:))
        issuer = payload.iss
        subject = payload.sub
    }

    private static func base64URLDecoded(_ text: Substring) -> Data? {
        var base64 = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        base64 += String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        return Data(base64Encoded: base64)
    }
}
