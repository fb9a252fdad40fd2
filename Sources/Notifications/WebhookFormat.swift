public import Cryptography
public import FoundationEssentials
public import Store

/// How events go to customers' own receivers: JSON with a signature.
public enum WebhookFormat {
    /// The signature: `t=1700000000,v1=…`, the hexadecimal HMAC-SHA256 of `t`, a full stop and the body.
    public static let signatureHeader = "X-CloudOptim-Signature"
    /// The event's id, the same in every attempt.
    public static let eventHeader = "X-CloudOptim-Event-Id"
    /// The event's kind.
    public static let kindHeader = "X-CloudOptim-Event-Kind"
    /// 1 for the first attempt.
    public static let attemptHeader = "X-CloudOptim-Attempt"
    /// What secrets begin with.
    public static let secretPrefix = "whsec_"

    /// A new secret of 256 bits.
    ///
    /// - Throws: `CryptographyError` if there is no randomness.
    public static func makeSecret() throws(CryptographyError) -> String {
        secretPrefix + Base64.encodeURL(try SecureRandom.bytes(32))
    }

    /// The body.
    ///
    /// - Throws: `JSONError` if the facts cannot be written.
    public static func body(_ message: NotificationMessage) throws(JSONError) -> [UInt8] {
        let text = message.text
        return try JSONValue.object([
            "event_id": .string(message.eventID.text),
            "kind": .string(message.kind),
            "customer_id": .string(message.customerID.text),
            "occurred_at": .string(message.occurredAt.rfc3339),
            "title": .string(text.title),
            "text": .string(text.body),
            "facts": .object(message.facts),
        ]).serialized()
    }

    /// The headers of one attempt.
    ///
    /// - Parameters:
    ///   - message: What is sent.
    ///   - body: Its body.
    ///   - secret: The channel's.
    ///   - attempt: 1 for the first.
    ///   - date: The time: receivers refuse what was signed long ago.
    /// - Returns: Names and values.
    public static func headers(
        _ message: NotificationMessage,
        body: [UInt8],
        secret: String,
        attempt: Int,
        at date: Date
    ) -> [(String, String)] {
        [
            ("Content-Type", "application/json; charset=utf-8"),
            (eventHeader, message.eventID.text),
            (kindHeader, message.kind),
            (attemptHeader, String(attempt)),
            (signatureHeader, signature(of: body, secret: secret, at: date)),
        ]
    }

    static func signature(of body: [UInt8], secret: String, at date: Date) -> String {
        let time = String(Int(date.timeIntervalSince1970))
        let code = HMACSHA256.authenticationCode(for: Array("\(time).".utf8) + body, key: Array(secret.utf8))
        return "t=\(time),v1=\(Hex.encode(code))"
    }
}
