internal import FoundationEssentials
internal import HTTPClient

/// Asks services beside the machine, which give credentials without a signature.
struct MetadataService: Sendable {
    let http: HTTPClient
    let clock: any Clock<Duration>
    var timeout = Duration.seconds(2)

    /// Asks, up to three times.
    ///
    /// - Returns: Any answer below 500.
    func ask(
        _ url: String,
        method: String = "GET",
        headers: [(String, String)] = []
    ) async throws(AWSError) -> HTTPResponse {
        var attempt = 1
        while true {
            let error: AWSError
            do throws(HTTPClientError) {
                let response = try await http.execute(
                    HTTPRequest(
                        method: method,
                        url: url,
                        headers: headers,
                        connectTimeout: .seconds(1),
                        timeout: timeout,
                        stallTimeout: timeout,
                        bodyLimit: 1 << 20
                    )
                )
                if response.status < 500, response.status != 429 { return response }
                error = AWSError(
                    .serverError,
                    "the service answered \(response.status)",
                    status: response.status
                )
            } catch let failure {
                error = AWSError(failure)
            }
            guard error.isRetryable, attempt < 3 else { throw error }
            do {
                try await clock.sleep(for: .milliseconds(100 << attempt))
            } catch {
                throw AWSError(.cancelled, "cancelled while waiting to ask for credentials")
            }
            attempt += 1
        }
    }

    /// Reads the credentials that both container and instance services answer with.
    static func credentials(_ response: HTTPResponse) throws(AWSError) -> AWSCredentials {
        guard response.status == 200 else {
            throw AWSError(
                .noCredentials,
                "the credentials' service answered \(response.status)",
                status: response.status
            )
        }
        guard let body = try? JSONDecoder().decode(Body.self, from: Data(response.body)),
            body.Code ?? "Success" == "Success", let id = body.AccessKeyId, let secret = body.SecretAccessKey,
            let token = body.Token, let text = body.Expiration, let expiration = Date(awsTimestamp: text)
        else { throw AWSError(.invalidResponse, "the credentials' service gave none", status: 200) }
        return AWSCredentials(
            accessKeyID: id,
            secretAccessKey: secret,
            sessionToken: token,
            expiration: expiration
        )
    }

    // The names are those of the services.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    private struct Body: Decodable {
        var Code: String?
        var AccessKeyId: String?
        var SecretAccessKey: String?
        var Token: String?
        var Expiration: String?
    }
}
