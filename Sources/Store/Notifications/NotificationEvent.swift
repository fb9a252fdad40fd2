import Cryptography
public import FoundationEssentials

/// Something that a customer is told.
public struct NotificationEvent: Sendable, Equatable {
    /// What kind of thing.
    public var kind: NotificationKind
    /// Who is told.
    public var customerID: UUID
    /// What it happened to: with kind and customer it makes the event's id, so that the same is told once.
    public var subject: String
    /// When it happened.
    public var occurredAt: Date
    /// What there is to say, by the names that receivers see; never a secret.
    public var facts: [String: JSONValue]

    /// Makes one from all of its fields.
    public init(
        _ kind: NotificationKind,
        customerID: UUID,
        subject: String,
        occurredAt: Date,
        facts: [String: JSONValue] = [:]
    ) {
        self.kind = kind
        self.customerID = customerID
        self.subject = subject
        self.occurredAt = occurredAt
        self.facts = facts
    }

    /// The same for all who tell the same (RFC 9562, version 8).
    public var id: UUID {
        let digest = SHA256Digest.hash("\(customerID.text)|\(kind.rawValue)|\(subject)".utf8)
        var bytes = Array(digest.prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        return UUID(bytes: bytes) ?? .version7(at: occurredAt)
    }
}
