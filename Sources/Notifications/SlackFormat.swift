public import Store

/// How events go to Slack: blocks, and text where there can be none.
///
/// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
public enum SlackFormat {
    /// What Slack takes (https://docs.slack.dev/reference/block-kit/blocks).
    private static let (headerLimit, sectionLimit, fieldLimit, fields) = (150, 3000, 2000, 10)

    /// The body.
    ///
    /// - Throws: `JSONError` if it cannot be written.
    public static func body(_ message: NotificationMessage) throws(JSONError) -> [UInt8] {
        let text = message.text
        var blocks: [JSONValue] = [
            block("header", "text", plain(String(text.title.prefix(headerLimit)))),
            block("section", "text", mrkdwn(escaped(text.body, limit: sectionLimit))),
        ]
        let shown = text.facts.prefix(fields).map { fact in
            mrkdwn("*\(escaped(fact.name, limit: 100))*\n\(escaped(fact.value, limit: fieldLimit - 200))")
        }
        if !shown.isEmpty { blocks.append(block("section", "fields", .array(shown))) }
        let foot = "\(message.kind) · \(message.occurredAt.rfc3339) · \(message.eventID.text)"
        blocks.append(block("context", "elements", .array([mrkdwn(escaped(foot, limit: 300))])))
        return try JSONValue.object([
            "text": .string(escaped("\(text.title): \(text.body)", limit: sectionLimit)),
            "blocks": .array(blocks),
        ]).serialized()
    }

    private static func block(_ type: String, _ name: String, _ content: JSONValue) -> JSONValue {
        .object(["type": .string(type), name: content])
    }

    private static func plain(_ text: String) -> JSONValue {
        .object(["type": .string("plain_text"), "text": .string(text), "emoji": .bool(false)])
    }

    private static func mrkdwn(_ text: String) -> JSONValue {
        .object(["type": .string("mrkdwn"), "text": .string(text)])
    }

    /// Keeps names of ours from being links, mentions or commands; cut where no character is broken.
    static func escaped(_ text: String, limit: Int) -> String {
        var result = ""
        for character in text {
            let piece =
                switch character {
                case "&": "&amp;"
                case "<": "&lt;"
                case ">": "&gt;"
                default: String(character)
                }
            guard result.utf8.count + piece.utf8.count <= limit else { return result + "…" }
            result += piece
        }
        return result
    }
}
