internal import HTTPClient

/// Credentials from the agent beside a container: ECS, and EKS Pod Identity.
///
/// `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`, or `AWS_CONTAINER_CREDENTIALS_FULL_URI` with
/// `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` or `AWS_CONTAINER_AUTHORIZATION_TOKEN`.
struct ContainerCredentials: CredentialsSource {
    /// Where ECS's and EKS's agents are.
    private static let agents = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]

    let environment: [String: String]
    let service: MetadataService

    func fetch() async throws(AWSError) -> AWSCredentials {
        var headers = [("Accept", "application/json")]
        let url: String
        if let path = environment.value("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            guard path.hasPrefix("/") else {
                throw AWSError(.invalidRequest, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is no path")
            }
            url = "http://169.254.170.2\(path)"
        } else if let full = environment.value("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
            guard Self.isAllowed(full) else {
                let message =
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or on the loopback or an agent's address"
                throw AWSError(.invalidRequest, message)
            }
            url = full
        } else {
            throw AWSError(.noCredentials, "the environment has no container credentials")
        }
        if let file = environment.value("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            let token = try SecretFile.read(file, for: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
            headers.append(("Authorization", token))
        } else if let token = environment.value("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
            headers.append(("Authorization", token))
        }
        return try MetadataService.credentials(try await service.ask(url, headers: headers))
    }

    /// Whether credentials may be asked for at a URL: nobody on the network may answer.
    static func isAllowed(_ url: String) -> Bool {
        guard let parts = try? RequestURL(url) else { return false }
        if parts.scheme == "https" || parts.host == "localhost" || agents.contains(parts.host) { return true }
        guard let address = IPAddress(parts.host) else { return false }
        return address.isIPv4
            ? address.bytes[0] == 127
            : address.bytes == Array(repeating: 0, count: 15) + [1]
    }
}
