/// Credentials of the environment: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and perhaps
/// `AWS_SESSION_TOKEN`.
///
/// They are taken as they are and never expire, as nothing could renew them.
struct EnvironmentCredentials: CredentialsSource {
    let environment: [String: String]

    func fetch() async throws(AWSError) -> AWSCredentials {
        guard let id = environment.value("AWS_ACCESS_KEY_ID") else {
            throw AWSError(.noCredentials, "the environment has no access key")
        }
        guard let secret = environment.value("AWS_SECRET_ACCESS_KEY") else {
            throw AWSError(.invalidCredentials, "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY isn't")
        }
        return AWSCredentials(
            accessKeyID: id,
            secretAccessKey: secret,
            sessionToken: environment.value("AWS_SESSION_TOKEN")
        )
    }
}

extension [String: String] {
    /// A variable that is set and not empty.
    func value(_ name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }
}
