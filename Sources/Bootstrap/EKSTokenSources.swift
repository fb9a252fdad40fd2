import AWS
import Store
import Synchronization

/// The token sources of a process, one for each way to sign in to a cluster.
///
/// Those not asked for during an hour are forgotten.
final class EKSTokenSources: Sendable {
    private struct Entry {
        let source: EKSTokenSource
        var usedAt: ContinuousClock.Instant
    }

    private struct State {
        var entries: [EKSAccess: Entry] = [:]
        var sweptAt = ContinuousClock.now
    }

    private static let lifetime = Duration.seconds(3600)

    private let sessions: CustomerSessions
    private let state = Mutex(State())

    /// - Parameter sessions: Take on customers' roles.
    init(sessions: CustomerSessions) {
        self.sessions = sessions
    }

    /// The same for the same access; nothing is called.
    func source(for access: EKSAccess) -> EKSTokenSource {
        state.withLock { state in
            let now = ContinuousClock.now
            if now - state.sweptAt > .seconds(60) {
                state.sweptAt = now
                state.entries = state.entries.filter { now - $0.value.usedAt < Self.lifetime }
            }
            let entry = state.entries[access]
            let source =
                entry?.source ?? EKSTokenSource(client: client(for: access), clusterName: access.clusterName)
            state.entries[access] = Entry(source: source, usedAt: now)
            return source
        }
    }

    private func client(for access: EKSAccess) -> Result<AWSClient, AWSError> {
        do throws(AWSError) {
            return .success(try sessions.clusterSignIn(access))
        } catch {
            return .failure(error)
        }
    }
}
