public import FoundationEssentials
public import Store

/// An event on its way out: the same in every attempt.
public struct NotificationMessage: Sendable, Equatable {
    /// What receivers tell a repetition by.
    public let eventID: UUID
    /// What kind of thing.
    public let kind: String
    /// Who is told.
    public let customerID: UUID
    /// When it happened.
    public let occurredAt: Date
    /// What there is to say.
    public let facts: [String: JSONValue]

    /// Makes one from all of its fields.
    public init(eventID: UUID, kind: String, customerID: UUID, occurredAt: Date, facts: [String: JSONValue]) {
        self.eventID = eventID
        self.kind = kind
        self.customerID = customerID
        self.occurredAt = occurredAt
        self.facts = facts
    }

    /// Makes one of what the outbox holds.
    ///
    /// - Throws: `JSONError` if the facts are no JSON.
    public init(_ record: NotificationRecord) throws(JSONError) {
        self.init(
            eventID: record.eventID,
            kind: record.kind,
            customerID: record.customerID,
            occurredAt: record.occurredAt,
            facts: try JSONValue(parsing: record.facts).members ?? [:]
        )
    }

    /// What it says in words.
    public var text: NotificationText { NotificationText(self) }
}
