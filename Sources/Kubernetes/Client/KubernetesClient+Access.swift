/// Something that a role may allow.
public struct AccessQuestion: Hashable, Sendable, Encodable {
    /// As in `patch`.
    public var verb: String
    /// As in `apps`; empty for the core group.
    public var group: String
    /// As in `pods`.
    public var resource: String
    /// As in `eviction`.
    public var subresource: String?
    /// `nil` asks for every namespace.
    public var namespace: String?

    /// Makes a question.
    public init(
        _ verb: String,
        _ resource: String,
        subresource: String? = nil,
        group: String = "",
        namespace: String? = nil
    ) {
        self.verb = verb
        self.group = group
        self.resource = resource
        self.subresource = subresource
        self.namespace = namespace
    }
}

extension KubernetesClient {
    /// Whether the token's account may do something, as the server's authorizers see it.
    public func isAllowed(_ question: AccessQuestion) async throws(KubernetesError) -> Bool {
        try await review(question).isAllowed
    }

    /// What the server's authorizers say of something that the token's account may want to do.
    public func review(_ question: AccessQuestion) async throws(KubernetesError) -> AccessReviewResult {
        let review = AccessReview(spec: .init(resourceAttributes: question))
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        let body = try await send(try Call("POST", path, body: review))
        let status = try await Self.decode(AccessReviewAnswer.self, from: body).status
        return AccessReviewResult(
            isAllowed: status.allowed,
            reason: status.reason.flatMap { $0.isEmpty ? nil : $0 },
            evaluationError: status.evaluationError.flatMap { $0.isEmpty ? nil : $0 }
        )
    }
}

/// What authorizers say.
public struct AccessReviewResult: Hashable, Sendable {
    /// Whether it is allowed.
    public let isAllowed: Bool
    /// Why, if they say it.
    public let reason: String?
    /// What kept one of them from deciding; then a no may be none.
    public let evaluationError: String?
}

private struct AccessReview: Encodable, Sendable {
    struct Spec: Encodable, Sendable {
        let resourceAttributes: AccessQuestion
    }

    var apiVersion = "authorization.k8s.io/v1"
    var kind = "SelfSubjectAccessReview"
    let spec: Spec
}

private struct AccessReviewAnswer: Decodable, Sendable {
    struct Status: Decodable, Sendable {
        let allowed: Bool
        let reason: String?
        let evaluationError: String?
    }

    let status: Status
}
