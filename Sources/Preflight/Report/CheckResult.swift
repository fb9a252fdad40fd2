/// What a check said.
public enum CheckAnswer: String, Sendable, Codable {
    /// It is allowed, by the answer of whoever decides.
    case allowed
    /// It is not.
    case denied
    /// Nobody said; never to be taken for yes.
    case unknown
}

/// What a check said, and why.
public struct CheckResult: Sendable, Hashable {
    /// What it said.
    public let answer: CheckAnswer
    /// For people; always there unless it is allowed.
    public let reason: String?

    private init(_ answer: CheckAnswer, _ reason: String?) {
        self.answer = answer
        // Reasons quote others' answers: a report stays small whatever they say.
        self.reason = reason.map { $0.count > 600 ? "\($0.prefix(600))…" : $0 }
    }

    /// Allowed.
    public static let allowed = CheckResult(.allowed, nil)

    /// Allowed, with something to add.
    public static func allowed(_ reason: String) -> CheckResult {
        CheckResult(.allowed, reason)
    }

    /// Not allowed.
    public static func denied(_ reason: String) -> CheckResult {
        CheckResult(.denied, reason)
    }

    /// Nobody said.
    public static func unknown(_ reason: String) -> CheckResult {
        CheckResult(.unknown, reason)
    }
}
