import AWS
import Kubernetes
import Synchronization

/// Tokens of one EKS cluster, made from the customer's role and kept in memory alone until they end.
///
/// Making one is arithmetic; what takes time, taking the role on, is done once for all who wait.
final class EKSTokenSource: KubernetesTokenSource {
    private struct State {
        var current: (token: KubernetesToken, end: ContinuousClock.Instant)?
        var mustRenew = false
    }

    /// Nearer to its end than this, a token may end on its way.
    private static let margin = Duration.seconds(5)

    private let client: Result<AWSClient, AWSError>
    private let clusterName: String
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    /// - Parameters:
    ///   - client: Acts as the customer's role in the cluster's region; or why there can be none.
    ///   - clusterName: The name EKS knows the cluster by.
    ///   - now: The time that tokens end by.
    init(
        client: Result<AWSClient, AWSError>,
        clusterName: String,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.client = client
        self.clusterName = clusterName
        self.now = now
    }

    func token(by deadline: ContinuousClock.Instant) async throws(KubernetesError) -> KubernetesToken {
        let (known, mustRenew) = state.withLock { state in (good(state), state.mustRenew) }
        if let known { return known }
        let made: EKSToken
        let start = now()
        do throws(AWSError) {
            made = try await client.get().until(deadline)
                .eksToken(clusterName: clusterName, withNewCredentials: mustRenew)
        } catch {
            throw Self.failure(error)
        }
        return state.withLock { state in
            // Whoever was first made it for all.
            if let known = good(state) { return known }
            let token = KubernetesToken(made.secret)
            state.current = (token, start + made.lifetime)
            state.mustRenew = false
            return token
        }
    }

    func discard(_ token: KubernetesToken) {
        state.withLock { state in
            guard state.current?.token == token else { return }
            state.current = nil
            state.mustRenew = true
        }
    }

    private func good(_ state: State) -> KubernetesToken? {
        guard let current = state.current, current.end - now() > Self.margin else { return nil }
        return current.token
    }

    private static func failure(_ error: AWSError) -> KubernetesError {
        switch error.code {
        case .cancelled: KubernetesError(.cancelled, "cancelled while signing in")
        case _ where error.isRetryable:
            KubernetesError(.signInUnavailable, "the customer's role cannot be taken on just now: \(error)")
        default: KubernetesError(.signInRefused, "the customer's role cannot be taken on: \(error)")
        }
    }
}
