import FoundationEssentials
import Store

/// A channel as clients see it.
struct NotificationChannelBody: Encodable {
    let channelId: String
    let customerId: String
    let name: String
    let kind: String
    /// An address, or a URL's scheme and host: the rest of it is as good as a password.
    let target: String
    /// Null for all.
    @Nullable var kinds: [String]?
    let enabled: Bool
    @Nullable var disabledReason: String?
    @Nullable var problem: String?
    @Nullable var problemSince: Date?
    let pending: Int
    @Nullable var lastDeliveredAt: Date?
    let createdAt: Date
    let updatedAt: Date
    /// What events are signed with: shown when it is made, and never again.
    var signingSecret: String?

    init(_ channel: NotificationChannelRecord, secret: String? = nil) {
        channelId = channel.id.text
        customerId = channel.customerID.text
        name = channel.name
        kind = channel.kind.rawValue
        target = channel.shownTarget
        kinds = channel.kinds
        enabled = channel.isEnabled
        disabledReason = channel.disabledReason
        problem = channel.problem
        problemSince = channel.problemSince
        pending = channel.pending
        lastDeliveredAt = channel.lastDeliveredAt
        createdAt = channel.createdAt
        updatedAt = channel.updatedAt
        signingSecret = secret
    }
}
