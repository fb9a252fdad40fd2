internal import Cryptography
public import FoundationEssentials

/// A bearer token for the API server of an EKS cluster, made from credentials: no secret has to be stored.
///
/// It is a signed URL that asks STS who we are; the cluster calls it. The role needs an access entry in the
/// cluster. https://github.com/kubernetes-sigs/aws-iam-authenticator
public struct EKSToken: Sendable, CustomStringConvertible, CustomReflectable {
    /// The token; never for logs or errors.
    public let secret: String
    /// When to make another; the cluster takes it for a minute longer.
    public let expiration: Date
    /// From when it was made to its ``expiration``, for who does not trust clocks.
    public let lifetime: Duration

    /// Makes a token; calls nobody.
    ///
    /// - Parameters:
    ///   - clusterName: The name EKS knows the cluster by.
    ///   - region: The cluster's.
    ///   - credentials: Of the role with the access entry; good for as long as the token is used.
    ///   - date: The time.
    public init(clusterName: String, region: AWSRegion, credentials: AWSCredentials, at date: Date) {
        let host = Self.host(in: region)
        let request = SignableRequest(
            method: "GET",
            query: [("Action", "GetCallerIdentity"), ("Version", AWSService.sts.apiVersion)],
            headers: [("Host", host), ("x-k8s-aws-id", clusterName)]
        )
        let query = SignatureV4(credentials: credentials, region: region.name, service: "sts")
            .presignedQuery(for: request, at: date, lifetime: 60)
        secret = "k8s-aws-v1." + Base64.encodeURL(Array("https://\(host)/?\(query)".utf8))
        // A quarter of an hour from the signature, whatever the lifetime in it.
        let end = date.addingTimeInterval(14 * 60)
        expiration = credentials.expiration.map { min($0, end) } ?? end
        lifetime = .seconds(expiration.timeIntervalSince(date))
    }

    /// Always AWS's own endpoint: the cluster calls it, and no other.
    static func host(in region: AWSRegion) -> String { "sts.\(region.name).\(region.partition.domain)" }

    /// Says only that there is a token.
    public var description: String { "(token)" }

    /// Shows nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
