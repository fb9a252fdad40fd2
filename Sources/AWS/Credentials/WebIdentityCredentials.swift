/// The role that a Kubernetes service account stands for (IRSA): `AWS_ROLE_ARN` and
/// `AWS_WEB_IDENTITY_TOKEN_FILE`.
///
/// The file is read each time: the kubelet replaces it before its token expires.
struct WebIdentityCredentials: CredentialsSource {
    let environment: [String: String]
    let region: AWSRegion
    let runtime: AWSRuntime

    func fetch() async throws(AWSError) -> AWSCredentials {
        guard let file = environment.value("AWS_WEB_IDENTITY_TOKEN_FILE"),
            let name = environment.value("AWS_ROLE_ARN")
        else { throw AWSError(.noCredentials, "the environment has no web identity") }
        guard let role = RoleARN(name) else {
            throw AWSError(.invalidRequest, "AWS_ROLE_ARN is no role's name")
        }
        let token = try SecretFile.read(file, for: "AWS_WEB_IDENTITY_TOKEN_FILE")
        let client = AWSClient(region: region, account: role.account, credentials: nil, runtime: runtime)
        return try await client.sts.assumeRoleWithWebIdentity(
            role: role,
            sessionName: environment.value("AWS_ROLE_SESSION_NAME") ?? "cloudoptim",
            token: token
        )
    }
}
