import FoundationEssentials
import Store

extension PreflightReport {
    /// What is the matter beside permissions, the gravest first.
    static func findings(_ answers: PreflightAnswers, _ places: IAMPlaces) -> [Finding] {
        let found =
            [
                strangers(answers, places), server(answers), token(answers), clock(answers),
                role(answers, places),
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
        guard answers.role.answer == .denied else { return nil }
        return Finding(
            code: "role_refused",
            severity: .warning,
            message: answers.role.reason ?? "the role cannot be taken on",
            fix: "The role's trust policy:\n" + IAMPolicy.json(IAMPolicy(places).trust)
        )
    }

    // MARK: - The queue

    private static func queue(_ settings: QueueSettings, _ places: IAMPlaces) -> [Finding] {
        let fix = "The queue's policy:\n" + IAMPolicy.json(IAMPolicy(places).queue)
        var found: [Finding] = []
        switch senders(settings.policy) {
        case .nobody:
            found.append(
                Finding(
                    code: "queue_gets_no_events",
                    severity: .warning,
                    message: "the queue's policy lets no EventBridge rule send, as far as it can be seen",
                    fix: fix
                )
            )
        case .anybody:
            found.append(
                Finding(
                    code: "queue_open",
                    severity: .high,
                    message:
                        "the queue takes events from other accounts: whoever sends one has nodes drained",
                    fix: fix
                )
            )
        case .own: break
        }
        if let seconds = settings.retentionSeconds, seconds < 300 {
            found.append(
                Finding(
                    code: "queue_retention_short",
                    severity: .warning,
                    message:
                        "the queue keeps messages for \(seconds) s: events are lost while nobody reads it",
                    fix: "Set MessageRetentionPeriod to 300 or more."
                )
            )
        }
        return found
    }

    private enum Senders { case nobody, own, anybody }

    /// Who may send to a queue, by its policy; conditions that are not understood count as none.
    private static func senders(_ policy: String?) -> Senders {
        guard let policy, let document = try? JSONValue(parsing: Array(policy.utf8)) else { return .nobody }
        var senders = Senders.nobody
        for statement in list(document.members?["Statement"]) {
            guard let statement = statement.members, statement["Effect"] == .string("Allow"),
                list(statement["Action"]).contains(where: sends)
            else { continue }
            let principals =
                list(statement["Principal"])
                + (statement["Principal"]?.members ?? [:]).values.flatMap(list)
            guard principals.contains(.string("*")) || principals.contains(.string("events.amazonaws.com"))
            else { continue }
            guard isBound(statement["Condition"]) else { return .anybody }
            senders = .own
        }
        return senders
    }

    private static func sends(_ action: JSONValue) -> Bool {
        guard case .string(let name) = action else { return false }
        return ["sqs:sendmessage", "sqs:send*", "sqs:*", "*"].contains(name.lowercased())
    }

    /// Whether a statement is only for one's own account, rules or organisation.
    private static func isBound(_ condition: JSONValue?) -> Bool {
        let keys = [
            "aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:principalaccount",
            "aws:principalorgid",
            "aws:principalarn",
        ]
        return (condition?.members ?? [:]).contains { name, operands in
            !name.contains("Not")
                && (operands.members ?? [:]).keys.contains { keys.contains($0.lowercased()) }
        }
    }

    private static func list(_ value: JSONValue?) -> [JSONValue] {
        switch value {
        case .array(let values): values
        case nil, .null: []
        case let value?: [value]
        }
    }
}
