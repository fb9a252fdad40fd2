internal import Synchronization

/// The sessions of customers' roles, each taken on once and kept until it must be renewed.
///
/// Kept per role, external id, policy and session name; a role's permanent refusal is remembered for a while,
/// too. Those not asked for during an hour are forgotten.
public final class RoleSessions: Sendable {
    private struct Key: Hashable {
        let request: STS.AssumeRole
        let region: AWSRegion
    }

    private struct Entry {
        let cache: CredentialsCache
        var usedAt: ContinuousClock.Instant
    }

    private static let lifetime = Duration.seconds(3600)

    private let base: any CredentialsProvider
    private let runtime: AWSRuntime
    private let entries = Mutex<[Key: Entry]>([:])
    private let sweptAt = Mutex(ContinuousClock.now)

    /// - Parameters:
    ///   - base: Our own credentials, which customers' roles trust.
    ///   - runtime: What all clients share.
    public init(base: any CredentialsProvider, runtime: AWSRuntime) {
        self.base = base
        self.runtime = runtime
    }

    /// Credentials of a role's session; nothing is called before they are asked for.
    ///
    /// - Parameters:
    ///   - request: The role, and how it is taken on.
    ///   - region: Whose STS is asked.
    /// - Returns: The same for the same role.
    public func provider(
        _ request: STS.AssumeRole,
        region: AWSRegion
    ) -> any CredentialsProvider {
        let now = ContinuousClock.now
        let key = Key(request: request, region: region)
        return entries.withLock { entries in
            sweep(&entries, now)
            if var entry = entries[key] {
                entry.usedAt = now
                entries[key] = entry
                return entry.cache
            }
            // Counted by the role's account: one customer's broken role slows nobody else's down.
            let client = AWSClient(
                region: region,
                account: request.role.account,
                credentials: base,
                runtime: runtime
            )
            let source = AssumedRoleSource(request: request, client: client)
            let cache = CredentialsCache(source, now: runtime.now, random: runtime.random)
            entries[key] = Entry(cache: cache, usedAt: now)
            return cache
        }
    }

    /// A client that acts as a role.
    public func client(_ request: STS.AssumeRole, region: AWSRegion) -> AWSClient {
        AWSClient(
            region: region,
            account: request.role.account,
            credentials: provider(request, region: region),
            runtime: runtime
        )
    }

    /// An STS that is asked with our own credentials, for roles that are only tried.
    ///
    /// - Parameters:
    ///   - role: Whose account the calls are counted by.
    ///   - region: Whose STS is asked.
    /// - Returns: Nothing of what it answers is kept.
    public func trial(of role: RoleARN, region: AWSRegion) -> STS {
        AWSClient(region: region, account: role.account, credentials: base, runtime: runtime).sts
    }

    private func sweep(_ entries: inout [Key: Entry], _ now: ContinuousClock.Instant) {
        let isDue = sweptAt.withLock { sweptAt in
            guard now - sweptAt > .seconds(60) else { return false }
            sweptAt = now
            return true
        }
        if isDue { entries = entries.filter { now - $0.value.usedAt < Self.lifetime } }
    }
}

/// Takes on a role, each time anew.
struct AssumedRoleSource: CredentialsSource {
    let request: STS.AssumeRole
    let client: AWSClient

    func fetch() async throws(AWSError) -> AWSCredentials {
        try await client.sts.assumeRole(request)
    }
}
