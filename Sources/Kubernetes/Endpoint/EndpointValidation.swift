internal import FoundationEssentials
internal import HTTPClient

/// Checks what a customer registers as a cluster's endpoint, before anything is sent there.
///
/// A host that is a name passes here, as only its address tells where it leads: the ``HTTPAddressPolicy`` of
/// the endpoint checks that at every connection.
public enum EndpointValidation {
    /// What is wrong with one field.
    public struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
        /// The field that is wrong.
        public let field: Field
        /// What is wrong, and what would be valid.
        public let message: String

        /// Field and message.
        public var description: String { "\(field.rawValue): \(message)" }
    }

    /// The fields of an endpoint.
    public enum Field: String, Sendable {
        /// The URL of the API server.
        case serverURL = "server_url"
        /// The PEM certificates of the cluster's authority.
        case certificateAuthority = "certificate_authority"
        /// The bearer token.
        case token = "token"
    }

    private static let example = "for example https://ABC123.gr7.us-east-1.eks.amazonaws.com"

    /// Names that clouds and systems give to the machine itself or to its metadata service.
    private static let forbiddenNames: Set<String> = [
        "localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "metadata",
        "metadata.google.internal",
        "metadata.goog", "instance-data", "instance-data.ec2.internal", "kubernetes", "kubernetes.default",
        "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
    ]

    /// Every problem of an endpoint; none if it may be registered.
    ///
    /// The policy is the endpoint's own: with ``HTTPAddressPolicy/any``, hosts of private networks are valid too.
    public static func problems(of endpoint: KubernetesEndpoint) -> [Problem] {
        var problems = urlProblems(endpoint.serverURL, endpoint.addressPolicy)
        if let pem = endpoint.certificateAuthorityPEM, !isPEM(pem) {
            let message = "must hold one or more PEM certificates (-----BEGIN CERTIFICATE----- ...)"
            problems.append(Problem(field: .certificateAuthority, message: message))
        }
        guard case .token(let given) = endpoint.signIn else { return problems }
        let token = given.secret.utf8
        if token.isEmpty || token.count > 16_384 || !token.allSatisfy({ (0x21...0x7E).contains($0) }) {
            let message = "must be a bearer token: 1 to 16384 visible ASCII characters without spaces"
            problems.append(Problem(field: .token, message: message))
        }
        return problems
    }

    private static func urlProblems(_ text: String, _ policy: HTTPAddressPolicy) -> [Problem] {
        func problem(_ message: String) -> [Problem] { [Problem(field: .serverURL, message: message)] }
        let url: RequestURL
        do throws(HTTPClientError) {
            url = try RequestURL(text)
        } catch {
            return problem("\(error.message); it must be an https URL, \(example)")
        }
        guard url.scheme == "https" else { return problem("must begin with https://, \(example)") }
        guard !url.hasQuery, !url.hasFragment else {
            return problem("must have no query and no fragment, \(example)")
        }
        guard !url.path.contains("//"), !text.contains("/..") else {
            return problem("must have a plain path or none, \(example)")
        }
        guard (1...65535).contains(Int(url.port) ?? 0) else {
            return problem("must have a port from 1 to 65535")
        }
        guard policy == .publicOnly else { return [] }
        // A final dot names the same host, and would slip past the comparison.
        let host = url.host.hasSuffix(".") ? String(url.host.dropLast()) : url.host
        if let address = IPAddress(host) {
            guard !address.isPublic else { return [] }
            return problem(
                "must be reachable from the public internet; \(address) is a private or reserved address"
            )
        }
        let isLocal =
            forbiddenNames.contains(host) || host.hasSuffix(".localhost") || host.hasSuffix(".local")
        guard !isLocal, !host.hasPrefix("[") else {
            return problem(
                "must be reachable from the public internet; \(host) names a machine itself, \(example)"
            )
        }
        return []
    }

    private static func isPEM(_ text: String) -> Bool {
        var body: String?
        var count = 0
        for line in text.split(whereSeparator: \.isNewline).map({ $0.filter { !$0.isWhitespace } }) {
            switch (line, body) {
            case ("-----BEGINCERTIFICATE-----", nil): body = ""
            case ("-----BEGINCERTIFICATE-----", _): return false
            case ("-----ENDCERTIFICATE-----", let base64?):
                // Every certificate is a DER sequence.
                guard Data(base64Encoded: base64)?.first == 0x30 else { return false }
                body = nil
                count += 1
            case (_, let base64?): body = base64 + line
            case (_, nil): break  // text between certificates, as some tools write
            }
        }
        return count > 0 && body == nil
    }
}
