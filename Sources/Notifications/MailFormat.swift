import Cryptography
import FoundationEssentials
import Store

/// How events go by mail: RFC 5322, plain text in UTF-8.
public enum MailFormat {
    /// The message, lines ended by CR LF.
    ///
    /// Contents are in base64: no line is too long, and no name of a pod or machine can end a header.
    ///
    /// - Parameters:
    ///   - message: The event.
    ///   - sender: An address of ours.
    ///   - receiver: The customer's address.
    /// - Returns: Headers and body.
    public static func message(_ message: NotificationMessage, from sender: String, to receiver: String)
        -> [UInt8]
    {
        let text = message.text
        let facts = text.facts.map { "\($0.name): \($0.value)" }
        let body =
            ([text.body, ""] + facts + ["", "Event \(message.eventID.text), \(message.occurredAt.rfc3339)"])
            .joined(separator: "\r\n")
        let domain = sender.split(separator: "@").last.map(String.init) ?? "localhost"
        let lines =
            [
                "From: CloudOptim <\(sender)>",
                "To: <\(receiver)>",
                "Subject: \(encoded("CloudOptim: \(text.title)"))",
                "Date: \(date(message.occurredAt))",
                "Message-ID: <\(message.eventID.text)@\(domain)>",
                "Auto-Submitted: auto-generated",
                "\(WebhookFormat.eventHeader): \(message.eventID.text)",
                "MIME-Version: 1.0",
                "Content-Type: text/plain; charset=utf-8",
                "Content-Transfer-Encoding: base64",
                "",
            ] + wrapped(Base64.encode(Array(body.utf8))) + [""]
        return Array(lines.joined(separator: "\r\n").utf8)
    }

    /// Encoded words of RFC 2047, each within 75 characters and none breaking a code point in two.
    static func encoded(_ text: String) -> String {
        var words: [[UInt8]] = [[]]
        for scalar in text.unicodeScalars {
            let bytes = Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            if (words.last?.count ?? 0) + bytes.count > 42 { words.append([]) }
            words[words.count - 1] += bytes
        }
        return words.map { "=?utf-8?B?\(Base64.encode($0))?=" }.joined(separator: "\r\n ")
    }

    private static func wrapped(_ text: String) -> [String] {
        var lines: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            lines.append(String(rest.prefix(76)))
            rest = rest.dropFirst(76)
        }
        return lines
    }

    /// As in `Sat, 31 Jan 2026 12:00:00 +0000`.
    static func date(_ date: Date) -> String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let text = date.rfc3339  // 2026-01-31T12:00:00…Z
        let day = Int((date.timeIntervalSince1970 / 86_400).rounded(.down))
        let parts = text.prefix(10).split(separator: "-")
        guard parts.count == 3, let month = Int(parts[1]), let name = months.dropFirst(month - 1).first else {
            return text
        }
        let time = text.dropFirst(11).prefix(8)
        return "\(days[((day % 7) + 7) % 7]), \(parts[2]) \(name) \(parts[0]) \(time) +0000"
    }
}
