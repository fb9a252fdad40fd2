internal import Cryptography
package import FoundationEssentials

/// Signs requests by AWS's Signature Version 4.
///
/// Pure: the same credentials, request and time make the same signature.
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
package struct SignatureV4: Sendable {
    private static let algorithm = "AWS4-HMAC-SHA256"

    private let credentials: AWSCredentials
    private let region: String
    private let service: String

    /// - Parameters:
    ///   - credentials: Whose signature.
    ///   - region: The region of the endpoint.
    ///   - service: The service's name for signing, as in `ec2`.
    package init(credentials: AWSCredentials, region: String, service: String) {
        self.credentials = credentials
        self.region = region
        self.service = service
    }

    /// The fields to add to a request: the date, the session's token and the signature.
    ///
    /// Each attempt is signed anew: a signature is good for about five minutes.
    package func headers(for request: SignableRequest, at date: Date) -> [(String, String)] {
        let time = UTCTime(date)
        var added = [("X-Amz-Date", time.basicISO8601)]
        if let token = credentials.sessionToken { added.append(("X-Amz-Security-Token", token)) }
        var signed = request
        signed.headers += added
        let authorization =
            "\(Self.algorithm) Credential=\(credentials.accessKeyID)/\(scope(time)), "
            + "SignedHeaders=\(signed.signedHeaders), Signature=\(signature(of: signed, time))"
        added.append(("Authorization", authorization))
        return added
    }

    /// The query that makes a request valid for some time for whoever has its URL.
    ///
    /// - Parameters:
    ///   - request: The request, its own query included.
    ///   - date: From when.
    ///   - lifetime: In seconds.
    /// - Returns: Escaped, without the question mark.
    package func presignedQuery(for request: SignableRequest, at date: Date, lifetime: Int) -> String {
        let time = UTCTime(date)
        var signed = request
        signed.query += [
            ("X-Amz-Algorithm", Self.algorithm),
            ("X-Amz-Credential", "\(credentials.accessKeyID)/\(scope(time))"),
            ("X-Amz-Date", time.basicISO8601),
            ("X-Amz-Expires", String(lifetime)),
            ("X-Amz-SignedHeaders", request.signedHeaders),
        ]
        if let token = credentials.sessionToken { signed.query.append(("X-Amz-Security-Token", token)) }
        return "\(signed.canonicalQuery)&X-Amz-Signature=\(signature(of: signed, time))"
    }

    private func scope(_ time: UTCTime) -> String {
        "\(time.basicISO8601.prefix(8))/\(region)/\(service)/aws4_request"
    }

    private func signature(of request: SignableRequest, _ time: UTCTime) -> String {
        let hash = Hex.encode(SHA256Digest.hash(Array(request.canonical.utf8)))
        let stringToSign = [Self.algorithm, time.basicISO8601, scope(time), hash].joined(separator: "\n")
        var key = Array("AWS4\(credentials.secretAccessKey)".utf8)
        for part in [String(time.basicISO8601.prefix(8)), region, service, "aws4_request"] {
            key = HMACSHA256.authenticationCode(for: Array(part.utf8), key: key)
        }
        return Hex.encode(HMACSHA256.authenticationCode(for: Array(stringToSign.utf8), key: key))
    }
}
