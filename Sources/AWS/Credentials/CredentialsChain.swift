/// Our own credentials, from where AWS's SDKs look for them, in their order: the environment, a web identity,
/// the container's agent, the machine's role.
///
/// The first that is set up is used, and must then work: a broken web identity isn't covered up by the
/// machine's role.
public struct CredentialsChain: CredentialsSource {
    private let sources: [any CredentialsSource]

    /// Takes the sources that an environment describes.
    ///
    /// - Parameters:
    ///   - environment: The process's variables.
    ///   - region: Whose STS is asked for a web identity.
    ///   - runtime: What all clients share.
    public init(environment: [String: String], region: AWSRegion, runtime: AWSRuntime) {
        let service = MetadataService(http: runtime.http, clock: runtime.clock)
        sources = [
            EnvironmentCredentials(environment: environment),
            WebIdentityCredentials(environment: environment, region: region, runtime: runtime),
            ContainerCredentials(environment: environment, service: service),
            InstanceCredentials(environment: environment, service: service),
        ]
    }

    /// Fetches from the first source that is set up.
    ///
    /// - Throws: ``AWSError`` with code `noCredentials` if none is, saying what was looked for.
    public func fetch() async throws(AWSError) -> AWSCredentials {
        var reasons: [String] = []
        for source in sources {
            do throws(AWSError) {
                return try await source.fetch()
            } catch {
                guard error.code == .noCredentials else { throw error }
                reasons.append(error.message)
            }
        }
        throw AWSError(.noCredentials, reasons.joined(separator: "; "))
    }
}
