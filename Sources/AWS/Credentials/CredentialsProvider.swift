/// Gives credentials, renewing them in time.
public protocol CredentialsProvider: Sendable {
    /// Credentials that are good now.
    ///
    /// - Throws: ``AWSError``; `noCredentials` when there are none to be had.
    func credentials() async throws(AWSError) -> AWSCredentials

    /// Forgets credentials that a service has refused as expired.
    ///
    /// Does nothing when others have taken their place already.
    func discard(_ credentials: AWSCredentials)
}

/// Fetches credentials, each time anew.
///
/// To be wrapped in a ``CredentialsCache``.
public protocol CredentialsSource: Sendable {
    /// Fetches credentials.
    ///
    /// - Throws: ``AWSError``; `noCredentials` when this source isn't set up here, so that the next may be
    ///   asked.
    func fetch() async throws(AWSError) -> AWSCredentials
}

/// Credentials that never change.
public struct StaticCredentials: CredentialsProvider, CredentialsSource {
    private let value: AWSCredentials

    /// Takes the credentials.
    public init(_ value: AWSCredentials) { self.value = value }

    /// The credentials.
    public func credentials() async throws(AWSError) -> AWSCredentials { value }

    /// The credentials.
    public func fetch() async throws(AWSError) -> AWSCredentials { value }

    /// Does nothing: there are no others.
    public func discard(_ credentials: AWSCredentials) {}
}
