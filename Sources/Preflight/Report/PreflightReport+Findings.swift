import FoundationEssentials

extension PreflightReport {
    /// What is the matter beside permissions, the gravest first.
    static func findings(_ answers: PreflightAnswers, _ places: IAMPlaces) -> [Finding] {
        let found =
            [
                strangers(answers, places), server(answers), token(answers), clock(answers),
                role(answers, places), queue(answers),
            ]
            .compactMap(\.self) + (answers.queueSettings.map { queue($0, places) } ?? [])
        let order: [Finding.Severity] = [.high, .warning, .note]
        return order.flatMap { severity in found.filter { $0.severity == severity } }
    }

    /// Whoever makes us take a role on that asks for no external id acts as its owner: the confused deputy.
    private static func strangers(_ answers: PreflightAnswers, _ places: IAMPlaces) -> Finding? {
        guard answers.externalID.answer == .denied else { return nil }
        return Finding(
            code: "confused_deputy",
            severity: .high,
            message: answers.externalID.reason ?? "the role can be taken on without its external id",
            fix: "Add the ExternalId condition to the role's trust policy:\n"
                + IAMPolicy.json(IAMPolicy(places).trust)
        )
    }

    private static func server(_ answers: PreflightAnswers) -> Finding? {
        guard answers.apiServer.answer != .allowed else { return nil }
        guard !answers.areReviewsRefused else { return reviews(answers) }
        return Finding(
            code: "cluster_unusable",
            severity: .high,
            message: answers.apiServer.reason ?? "the API server was not reached",
            fix: answers.apiServer.answer == .denied
                ? "Set a new k8s_token with PUT /api/v1/admin/clusters/{id}, or give our role an access entry in EKS."
                : """
                Check k8s_api_endpoint and k8s_ca_data. An endpoint that is private to a VPC cannot be reached from \
                outside: let our addresses in, or run a worker where the endpoint is reachable.
                """
        )
    }

    private static func reviews(_ answers: PreflightAnswers) -> Finding {
        let rule = KubernetesPermission("create", "selfsubjectaccessreviews", group: "authorization.k8s.io")
        return Finding(
            code: "reviews_refused",
            severity: .high,
            message: answers.apiServer.reason ?? "our account may not ask what it may do",
            fix: """
                Kubernetes lets every account ask, by the ClusterRole system:basic-user. Bind that to ours again, or a \
                ClusterRole of these rules:
                \(ManifestRule.yaml([rule]))
                """
        )
    }

    private static func token(_ answers: PreflightAnswers) -> Finding? {
        guard let end = answers.tokenExpiresAt else { return nil }
        let days = end.timeIntervalSince(answers.askedAt) / 86_400
        guard days < 14 else { return nil }
        return Finding(
            code: days <= 0 ? "token_ended" : "token_ends_soon",
            severity: days < 1 ? .high : .warning,
            message: days <= 0 ? "the token has ended" : "the token ends in \(Int(days)) days",
            fix:
                "Set a new k8s_token with PUT /api/v1/admin/clusters/{id}, or sign in as the role: ops/rbac/README.md"
        )
    }

    private static func clock(_ answers: PreflightAnswers) -> Finding? {
        // `Date` has whole seconds, and travels.
        guard let skew = answers.clockSkew, abs(skew) > 30 else { return nil }
        return Finding(
            code: "clock_skew",
            severity: abs(skew) > 240 ? .high : .warning,
            message: "the API server's clock is \(Int(abs(skew))) s \(skew > 0 ? "ahead of" : "behind") ours",
            fix: "Tokens and signatures are good for minutes: synchronise the clock that is wrong."
        )
    }

    private static func role(_ answers: PreflightAnswers, _ places: IAMPlaces) -> Finding? {
        guard answers.isRoleRegistered else {
            return Finding(
                code: "role_missing",
                severity: .note,
                message: "the customer has no aws_role_arn: nothing can be seen or done in AWS",
                fix: """
                    Make a role as ops/iam/README.md says, and set aws_role_arn with PUT /api/v1/admin/customers/{id}. \
                    Metrics and drains need none.
                    """
            )
        }
        switch answers.role.answer {
        case .allowed: return nil
        case .denied:
            return Finding(
                code: "role_refused",
                severity: .warning,
                message: answers.role.reason ?? "the role cannot be taken on",
                fix: """
                    There must be such a role, it must trust us, and we must be allowed sts:AssumeRole. Its trust policy:
                    \(IAMPolicy.json(IAMPolicy(places).trust))
                    """
            )
        case .unknown:
            return Finding(
                code: "role_unknown",
                severity: .warning,
                message: answers.role.reason ?? "nobody said whether the role can be taken on",
                fix:
                    "Check that workers have credentials of their own and reach STS: docs/configuration.md, AWS."
            )
        }
    }
}
