/// What the server's answer to an eviction means.
///
/// Source: the API server's `pod/storage/eviction.go` and the tools that drain nodes.
public enum EvictionAnswer: Sendable {
    /// Deletion has begun; the pod still runs for a while.
    case accepted
    /// This pod isn't there any more; there may be another of its name. To be confirmed by a list.
    case gone
    /// A budget does not allow it now; the text names the budget.
    case blockedByBudget(message: String)
    /// Several budgets select the pod, so that its eviction is never allowed.
    case severalBudgets(message: String)
    /// The namespace is being deleted, and the pod with it.
    case namespaceTerminating
    /// The server has too much to do: slow down with everything.
    case overloaded(retryAfter: Duration)
    /// The server doesn't know this version of the policy API.
    case unknownVersion
    /// Worth trying again.
    case failed(KubernetesError)
    /// The same answer would come again.
    case refused(KubernetesError)

    /// Reads an error.
    ///
    /// The text is read in two cases, as the server gives nothing else: several budgets (a bare 500), and an
    /// unknown version on servers that answer 400.
    public init(_ error: KubernetesError) {
        let causes = error.details?.causes ?? []
        let budgets = causes.filter { $0.reason == "DisruptionBudget" }
        switch error.code {
        case .tooManyRequests where !budgets.isEmpty:
            let texts = budgets.compactMap(\.message)
            self = .blockedByBudget(message: texts.isEmpty ? error.message : texts.joined(separator: "; "))
        case .tooManyRequests:
            self = .overloaded(retryAfter: error.retryAfter ?? .seconds(1))
        case .serverError where error.message.contains("more than one PodDisruptionBudget"):
            self = .severalBudgets(message: error.message)
        case .forbidden where causes.contains { $0.reason == "NamespaceTerminating" }:
            self = .namespaceTerminating
        case .notFound:
            // Without a name, it's the path that was not found.
            self = error.details?.name == nil ? .unknownVersion : .gone
        case .conflict:
            self = .gone
        case .rejected where error.status == 400 && error.message.contains("no kind \"Eviction\""):
            self = .unknownVersion
        default:
            self = error.isRetryable ? .failed(error) : .refused(error)
        }
    }
}

/// What the server's answer to a pod's deletion means.
public enum DeletionAnswer: Sendable {
    /// Deletion has begun; the pod still runs for a while.
    case accepted
    /// This pod isn't there any more. To be confirmed by a list.
    case gone
    /// The server has too much to do: slow down with everything.
    case overloaded(retryAfter: Duration)
    /// Worth trying again.
    case failed(KubernetesError)
    /// The same answer would come again.
    case refused(KubernetesError)

    /// Reads an error.
    public init(_ error: KubernetesError) {
        switch error.code {
        case .notFound, .conflict: self = .gone
        case .tooManyRequests: self = .overloaded(retryAfter: error.retryAfter ?? .seconds(1))
        default: self = error.isRetryable ? .failed(error) : .refused(error)
        }
    }
}
