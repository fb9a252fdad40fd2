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

    /// Allowed.
    public static let allowed = CheckResult(answer: .allowed, reason: nil)

    /// Allowed, with something to add.
    public static func allowed(_ reason: String) -> CheckResult {
        CheckResult(answer: .allowed, reason: reason)
    }

    /// Not allowed.
    public static func denied(_ reason: String) -> CheckResult {
        CheckResult(answer: .denied, reason: reason)
    }

    /// Nobody said.
    public static func unknown(_ reason: String) -> CheckResult {
        CheckResult(answer: .unknown, reason: reason)
    }
}
