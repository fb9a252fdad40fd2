import FoundationEssentials
import Store

/// A message that could not be read, as clients see it.
struct DeadLetterBody: Encodable {
    /// Bytes of a message that a list shows.
    static let shown = 16 * 1024

    let letterId: String
    let customerId: String
    @Nullable var queueUrl: String?
    let messageId: String
    let reason: String
    let receivedAt: Date
    /// Of what is kept.
    let bodyBytes: Int
    /// What was sent, or its beginning; null for who may not read it.
    @Nullable var body: String?

    init(_ letter: DeadLetter, for caller: Caller) {
        letterId = letter.id.text
        customerId = letter.customerID.text
        queueUrl = letter.queueURL
        messageId = letter.messageID
        reason = letter.reason
        receivedAt = letter.receivedAt
        bodyBytes = letter.body.utf8.count
        // A message may be anything that somebody sent to the queue by mistake.
        let mayRead = caller.scope >= .admin || caller.customerID == letter.customerID
        body = mayRead ? letter.beginning(ofBytes: Self.shown) : nil
    }
}

/// How the reading of a customer's queue goes, as clients see it.
struct EventQueueBody: Encodable {
    struct Problem: Encodable {
        @Nullable var code: String?
        let message: String
        let since: Date
    }

    let customerId: String
    let queueUrl: String
    let state: String
    /// Null for a key that is bound to a customer: schedulers are shared by all.
    @Nullable var reader: String?
    @Nullable var lastReadAt: Date?
    @Nullable var problem: Problem?

    init(_ status: QueueStatus, for caller: Caller) {
        customerId = status.customerID.text
        queueUrl = status.queueURL
        state = status.state.rawValue
        reader = caller.customerID == nil ? status.reader : nil
        lastReadAt = status.lastReadAt
        problem = status.problem.map { Problem(code: $0.code, message: $0.message, since: $0.since) }
    }
}
