public import FoundationEssentials

/// Where a customer hears of what we do, without its secrets.
public struct NotificationChannelRecord: Sendable, Equatable {
    /// How it is reached.
    public enum Kind: String, Sendable, CaseIterable {
        /// An incoming webhook of Slack.
        case slack
        /// A URL of the customer's, with a signature.
        case webhook
        /// An address.
        case email
    }

    /// UUIDv7.
    public var id: UUID
    /// Whose it is.
    public var customerID: UUID
    /// What its owner calls it.
    public var name: String
    /// How it is reached.
    public var kind: Kind
    /// As much of the target as may be shown.
    public var shownTarget: String
    /// The kinds of events that are wanted; nil for all.
    public var kinds: [String]?
    /// Whether anything is sent.
    public var isEnabled: Bool
    /// Why we switched it off.
    public var disabledReason: String?
    /// What went wrong last; nil if the last event arrived.
    public var problem: String?
    /// Since when nothing has arrived.
    public var problemSince: Date?
    /// Events that wait.
    public var pending: Int
    /// When an event last arrived.
    public var lastDeliveredAt: Date?
    /// When it was made.
    public var createdAt: Date
    /// When its owner, or we, last changed it.
    public var updatedAt: Date
}

/// A channel on its way into the store, in clear; sealed before it reaches the database.
public struct NewNotificationChannel: Sendable {
    /// UUIDv7.
    public var id: UUID
    /// Whose it is.
    public var customerID: UUID
    /// What its owner calls it.
    public var name: String
    /// How it is reached.
    public var kind: NotificationChannelRecord.Kind
    /// A URL, or an address.
    public var target: String
    /// As much of it as may be shown.
    public var shownTarget: String
    /// What events are signed with; only of a webhook.
    public var secret: String?
    /// The kinds of events that are wanted; nil for all.
    public var kinds: [String]?

    /// Makes one from all of its fields.
    public init(
        id: UUID = .version7(),
        customerID: UUID,
        name: String,
        kind: NotificationChannelRecord.Kind,
        target: String,
        shownTarget: String,
        secret: String?,
        kinds: [String]?
    ) {
        self.id = id
        self.customerID = customerID
        self.name = name
        self.kind = kind
        self.target = target
        self.shownTarget = shownTarget
        self.secret = secret
        self.kinds = kinds
    }
}

/// Changes to a channel; nil leaves a field as it is.
public struct NotificationChannelChange: Sendable {
    /// Another name.
    public var name: String?
    /// Another target, in clear, and as much of it as may be shown.
    public var target: (text: String, shown: String)?
    /// Another secret, in clear.
    public var secret: String?
    /// Other kinds of events; an empty list for all.
    public var kinds: [String]?
    /// Whether anything is sent; true also forgets why it was not.
    public var isEnabled: Bool?

    /// Makes a change of nothing.
    public init() {}
}

/// What it takes to reach a channel.
///
/// Its descriptions show nothing of it.
public struct OpenNotificationChannel: Sendable, CustomStringConvertible, CustomReflectable {
    /// Which.
    public let id: UUID
    /// Whose it is.
    public let customerID: UUID
    /// How it is reached.
    public let kind: NotificationChannelRecord.Kind
    /// A URL, or an address.
    public let target: String
    /// What events are signed with; only of a webhook.
    public let secret: String?

    /// Its id.
    public var description: String { "channel \(id.text)" }
    /// Its id.
    public var customMirror: Mirror { Mirror(self, children: ["id": id.text]) }
}
