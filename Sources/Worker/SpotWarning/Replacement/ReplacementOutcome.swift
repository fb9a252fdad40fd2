import FoundationEssentials

/// What became of replacing a machine: stored, and told in the outcome.
struct ReplacementOutcome: Sendable, Codable, Equatable {
    enum Result: String, Sendable, Codable {
        /// A machine was launched.
        case launched
        /// Another job had launched one for this machine.
        case adopted
        /// Whoever owns the machine replaces it.
        case left
        /// None could be had, or none could be asked for.
        case failed
    }

    var result: Result
    var instanceID: String?
    var instanceType: String?
    var zone: String?
    /// `spot` or `on-demand`.
    var market: String?
    /// Who replaces it, or why it failed.
    var reason: String?
    var launchedAt: Date?
    /// When it was seen to run.
    var runningAt: Date?

    init(_ result: Result, reason: String? = nil) {
        self.result = result
        self.reason = reason
    }
}
