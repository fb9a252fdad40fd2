import FoundationEssentials
import Store

extension PreflightReport {
    /// Of a queue that is not read.
    static func queue(_ answers: PreflightAnswers) -> Finding? {
        // Without the role nothing could be asked.
        guard answers.role.answer == .allowed, answers.queue.answer != .allowed else { return nil }
        guard answers.isQueueRegistered else {
            return Finding(
                code: "queue_missing",
                severity: .note,
                message: "no queue is registered: events have to be brought by POST /api/v1/events/process",
                fix: "Set sqs_queue_url with PUT /api/v1/admin/customers/{id}."
            )
        }
        return Finding(
            code: "queue_unusable",
            severity: .warning,
            message: answers.queue.reason ?? "the queue was not reached",
            fix: """
                Check sqs_queue_url, its region and its account, that the queue is there, and that the role may read it: \
                ops/iam/queue.json.
                """
        )
    }

    /// Of a queue that is reached.
    static func queue(_ settings: QueueSettings, _ places: IAMPlaces) -> [Finding] {
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
