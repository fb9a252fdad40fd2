public import FoundationEssentials

/// An event on its way to one channel.
public struct NotificationRecord: Sendable, Equatable {
    /// How far it has come.
    public enum State: String, Sendable, CaseIterable {
        /// It waits, for its turn or for the next attempt.
        case pending
        /// The receiver took it.
        case sent
        /// The receiver did not take it for as long as we try.
        case failed
        /// Its channel was deleted before.
        case dropped
    }

    /// Its place in the order of its channel, and the cursor of lists.
    public var sequence: Int64
    /// Where it goes.
    public var channelID: UUID
    /// Who is told.
    public var customerID: UUID
    /// The same in every attempt.
    public var eventID: UUID
    /// What kind of thing; text, as another release may know more kinds.
    public var kind: String
    /// What there is to say: a JSON object.
    public var facts: [UInt8]
    /// When it happened.
    public var occurredAt: Date
    /// How far it has come.
    public var state: State
    /// How often it was sent.
    public var attempts: Int
    /// When it is sent next, if it is pending.
    public var nextAt: Date
    /// Why the last attempt failed; without secrets.
    public var lastError: String?
    /// When it was written.
    public var createdAt: Date
    /// When it was sent, or given up.
    public var finishedAt: Date?
}
