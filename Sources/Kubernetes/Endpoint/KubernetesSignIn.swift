/// How an API server is told who calls.
public enum KubernetesSignIn: Sendable {
    /// By a token that stays the same.
    case token(KubernetesToken)
    /// By tokens that last a while each.
    case tokens(any KubernetesTokenSource)
}

/// Makes the tokens of an API server that takes short-lived ones.
public protocol KubernetesTokenSource: Sendable {
    /// A token that is good now: the last one, or another.
    ///
    /// - Parameter deadline: By when it is needed.
    /// - Returns: The token.
    /// - Throws: ``KubernetesError`` with code `signInRefused` or `signInUnavailable`; `cancelled`.
    func token(by deadline: ContinuousClock.Instant) async throws(KubernetesError) -> KubernetesToken

    /// Forgets a token that the server refused; the next one is made of nothing that was kept.
    ///
    /// Does nothing when another has taken its place already.
    func discard(_ token: KubernetesToken)
}
