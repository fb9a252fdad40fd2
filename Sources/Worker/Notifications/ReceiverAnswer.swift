import HTTPClient
import Store

/// What a receiver answered, and what that means for an event and its channel.
struct ReceiverAnswer {
    /// Longer bodies say nothing.
    static let bodyLimit = 64
    /// How long a webhook is asked again that calls an event unfit: somebody may mend it meanwhile.
    static let patience = Duration.seconds(3600)

    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    /// What follows.
    func verdict(of kind: NotificationChannelRecord.Kind) -> DeliveryPlan.Verdict {
        switch (kind, status) {
        case (_, 200..<300): .taken
        case (_, 408), (_, 425), (_, 429), (_, 500...): .later(reason(kind), after: retryAfter)
        case (.slack, 400), (.slack, 413): .unfit(reason(kind), patience: .zero)
        // The webhook was removed, or its channel archived, or its owner may not post: asking again changes nothing.
        case (.slack, 403), (.slack, 404), (_, 410): .gone(reason(kind))
        case (_, 400), (_, 413), (_, 422): .unfit(reason(kind), patience: Self.patience)
        default: .refused(reason(kind))
        }
    }

    private var retryAfter: Int? { headers["Retry-After"].flatMap { Int($0) } }

    /// The status, and Slack's word for it; nothing else that a receiver says, as it may repeat a secret.
    private func reason(_ kind: NotificationChannelRecord.Kind) -> String {
        let said = String(decoding: body, as: UTF8.self)
        guard kind == .slack, let word = Self.slackWords.first(where: { $0 == said }) else {
            return "the receiver answered \(status)"
        }
        return "the receiver answered \(status) (\(word))"
    }

    // https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors
    private static let slackWords: Set<String> = [
        "action_prohibited", "channel_is_archived", "channel_not_found", "invalid_blocks", "invalid_payload",
        "invalid_token", "no_active_hooks", "no_service", "no_service_id", "no_team", "no_text",
        "posting_to_general_channel_denied", "rate_limited", "rollup_error", "team_disabled",
        "too_many_attachments",
        "user_not_found",
    ]
}
