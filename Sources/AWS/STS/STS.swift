/// Security Token Service, by its regional endpoints.
///
/// https://docs.aws.amazon.com/STS/latest/APIReference/
public struct STS: Sendable {
    let client: AWSClient

    /// Whose credentials the client has; needs no permission.
    public func callerIdentity() async throws(AWSError) -> CallerIdentity {
        let result = try await client.query(.sts, "GetCallerIdentity")
        return CallerIdentity(
            account: try result.required("Account"),
            arn: try result.required("Arn"),
            userID: try result.required("UserId")
        )
    }

    /// Takes on a role.
    ///
    /// - Throws: ``AWSError``; `accessDenied` if the role's trust policy does not let us, as without the
    ///   right external id.
    public func assumeRole(_ request: AssumeRole) async throws(AWSError) -> AWSCredentials {
        let parameters = try request.parameters
        return try Self.credentials(try await client.query(.sts, "AssumeRole", parameters))
    }

    /// Whether a role can't be taken on without its external id, as it must be.
    ///
    /// A role that anybody's request leads us to take on is no customer's consent (the confused deputy). To
    /// be asked when a customer registers, after the role was taken on with the id.
    ///
    /// - Parameters:
    ///   - request: How the role is taken on.
    ///   - other: Another customer's id, tried in its place; `nil` for none.
    /// - Returns: Whether STS said no.
    /// - Throws: ``AWSError`` if it said neither yes nor no.
    public func refusesWithoutExternalID(
        _ request: AssumeRole,
        with other: String? = nil
    ) async throws(AWSError) -> Bool {
        var stranger = request
        stranger.externalID = other
        stranger.lifetime = 900
        do throws(AWSError) {
            _ = try await assumeRole(stranger)
            return false
        } catch {
            // A proxy's 403 has no code, and is no word of STS.
            guard error.code == .accessDenied, error.rawCode != nil else { throw error }
            return true
        }
    }

    /// Takes on a role by a token of an identity provider; not signed.
    func assumeRoleWithWebIdentity(
        role: RoleARN,
        sessionName: String,
        token: String
    ) async throws(AWSError) -> AWSCredentials {
        var parameters = QueryParameters()
        parameters.set("RoleArn", role.text)
        parameters.set("RoleSessionName", sessionName)
        parameters.set("WebIdentityToken", token)
        return try Self.credentials(
            try await client.query(.sts, "AssumeRoleWithWebIdentity", parameters)
        )
    }

    private static func credentials(_ result: XMLElement) throws(AWSError) -> AWSCredentials {
        guard let xml = result.child("Credentials"), let expiration = try xml.date("Expiration") else {
            throw AWSError(.invalidResponse, "the answer has no credentials")
        }
        return AWSCredentials(
            accessKeyID: try xml.required("AccessKeyId"),
            secretAccessKey: try xml.required("SecretAccessKey"),
            sessionToken: try xml.required("SessionToken"),
            expiration: expiration
        )
    }

    /// Who one is to AWS.
    public struct CallerIdentity: Hashable, Sendable {
        /// Twelve digits.
        public let account: String
        /// Of the user or the role's session.
        public let arn: String
        /// Unique, never used again.
        public let userID: String
    }
}
