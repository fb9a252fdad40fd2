import FoundationEssentials

/// What a session's policy allows: of the policy language, as much as narrows the fleet's sessions.
///
/// A statement allows a call if its action, its resource and all of its conditions match; there is no denial, and a
/// session without a policy may do all that the role may.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
struct SessionRules: Sendable {
    private struct Statement: Sendable {
        let actions: [String]
        let resources: [String]
        let exceptions: [String]
        /// Operator, key and values of each.
        let conditions: [(operator: String, key: String, values: [String])]
    }

    private let statements: [Statement]?

    /// - Parameter policy: The document; nil for no limits.
    /// - Throws: ``AWSFault`` for what is no policy, or has what is not known here.
    init(_ policy: String?) throws(AWSFault) {
        guard let policy else {
            statements = nil
            return
        }
        let malformed = AWSFault(
            code: "MalformedPolicyDocument",
            message: "the policy is none that is known here"
        )
        guard let json = try? JSONDecoder().decode(JSON.self, from: Data(policy.utf8)) else {
            throw malformed
        }
        var statements: [Statement] = []
        for part in json["Statement"]?.array ?? [] {
            guard part["Effect"]?.string == "Allow", let actions = Self.texts(part["Action"]) else {
                throw malformed
            }
            var conditions: [(String, String, [String])] = []
            for (name, members) in part["Condition"]?.members ?? [] {
                guard ["StringEquals", "StringLike"].contains(name) else { throw malformed }
                for (key, value) in members.members ?? [] {
                    conditions.append((name, key, Self.texts(value) ?? []))
                }
            }
            statements.append(
                Statement(
                    actions: actions,
                    resources: Self.texts(part["Resource"]) ?? ["*"],
                    exceptions: Self.texts(part["NotResource"]) ?? [],
                    conditions: conditions
                )
            )
        }
        guard !statements.isEmpty else { throw malformed }
        self.statements = statements
    }

    /// Whether a call is allowed.
    ///
    /// - Parameters:
    ///   - action: As in `ec2:RunInstances`.
    ///   - resource: Its ARN, or `*`.
    ///   - context: The keys of conditions that are known of the call.
    /// - Returns: Whether a statement allows it.
    func allow(_ action: String, on resource: String, _ context: [String: String]) -> Bool {
        guard let statements else { return true }
        return statements.contains { statement in
            statement.actions.contains { Self.matches(action, $0) }
                && (statement.exceptions.isEmpty
                    ? statement.resources.contains { Self.matches(resource, $0) }
                    : !statement.exceptions.contains { Self.matches(resource, $0) })
                && statement.conditions.allSatisfy { condition in
                    guard let value = context[condition.key] else { return false }
                    return condition.values.contains { wanted in
                        condition.operator == "StringLike" ? Self.matches(value, wanted) : value == wanted
                    }
                }
        }
    }

    private static func matches(_ text: String, _ pattern: String) -> Bool {
        ResourceFilters.matches(Array(text), Array(pattern))
    }

    /// One text or a list of them.
    private static func texts(_ json: JSON?) -> [String]? {
        json?.string.map { [$0] } ?? json?.array?.compactMap(\.string)
    }
}
