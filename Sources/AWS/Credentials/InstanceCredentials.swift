internal import HTTPClient

/// Credentials of the machine's own role, from EC2's metadata service, version 2 only.
///
/// Honours `AWS_EC2_METADATA_DISABLED` and `AWS_EC2_METADATA_SERVICE_ENDPOINT`.
struct InstanceCredentials: CredentialsSource {
    let environment: [String: String]
    let service: MetadataService

    func fetch() async throws(AWSError) -> AWSCredentials {
        guard environment.value("AWS_EC2_METADATA_DISABLED")?.lowercased() != "true" else {
            throw AWSError(.noCredentials, "the metadata service isn't to be used")
        }
        var base = environment.value("AWS_EC2_METADATA_SERVICE_ENDPOINT") ?? "http://169.254.169.254"
        while base.hasSuffix("/") { base.removeLast() }
        let token = try await token(base)
        let headers = [("X-aws-ec2-metadata-token", token)]
        let path = "\(base)/latest/meta-data/iam/security-credentials/"
        let roles = try await service.ask(path, headers: headers)
        let role = String(decoding: roles.body, as: UTF8.self).split(whereSeparator: \.isNewline).first
        guard roles.status == 200, let role, !role.isEmpty, role.utf8.count <= 128 else {
            throw AWSError(.noCredentials, "the machine has no role", status: roles.status)
        }
        return try MetadataService.credentials(
            try await service.ask("\(path)\(String(role).percentEncoded)", headers: headers)
        )
    }

    private func token(_ base: String) async throws(AWSError) -> String {
        let response: HTTPResponse
        do throws(AWSError) {
            response = try await service.ask(
                "\(base)/latest/api/token",
                method: "PUT",
                headers: [("X-aws-ec2-metadata-token-ttl-seconds", "21600")]
            )
        } catch {
            guard error.code == .unreachable || error.code == .timedOut else { throw error }
            // As on every machine that isn't EC2's.
            throw AWSError(.noCredentials, "there's no metadata service")
        }
        let token = String(decoding: response.body, as: UTF8.self).trimmed
        guard response.status == 200, !token.isEmpty,
            token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw AWSError(.noCredentials, "the metadata service gives no token", status: response.status)
        }
        return token
    }
}
