public import FoundationEssentials

/// How the reading of a customer's queue goes.
public struct QueueStatus: Sendable, Equatable {
    /// In one word.
    public enum State: String, Sendable, CaseIterable {
        /// A scheduler reads it.
        case reading
        /// A scheduler would, and something is wrong.
        case failing
        /// No scheduler has taken it yet, or the one that had it is gone.
        case waiting
        /// It is not to be read: the customer is suspended, or has no role.
        case off
    }

    /// What is wrong.
    public struct Problem: Sendable, Equatable {
        /// In a word, as in `accessDenied`; nil from a reader that told none.
        public let code: String?
        /// For people; without secrets.
        public let message: String
        /// Since when.
        public let since: Date
    }

    /// Whose queue.
    public let customerID: UUID
    /// The queue.
    public let queueURL: String
    /// In one word.
    public let state: State
    /// The scheduler that reads it; nil if none does.
    public let reader: String?
    /// When it was last read without an error; nil if it never was.
    public let lastReadAt: Date?
    /// The last one, while nothing has shown that it is over.
    public let problem: Problem?
}
