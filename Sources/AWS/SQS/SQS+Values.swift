public import FoundationEssentials

extension SQS {
    /// A message, ours for a time.
    public struct Message: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
        /// The same whenever it comes.
        public let id: String
        /// For deleting it; another one each time it comes, of which the latest counts.
        public let receipt: String
        /// What was sent.
        public let body: String
        /// How often it came, this time included.
        public let receiveCount: Int
        /// When it was sent.
        public let sent: Date?

        init(_ wire: SQSWire.Message) {
            id = wire.MessageId
            receipt = wire.ReceiptHandle
            body = wire.Body ?? ""
            receiveCount = wire.Attributes?["ApproximateReceiveCount"].flatMap { Int($0) } ?? 1
            // In milliseconds.
            sent = wire.Attributes?["SentTimestamp"].flatMap { Double($0) }
                .map { Date(timeIntervalSince1970: $0 / 1000) }
        }

        /// Its id.
        public var description: String { "message \(id)" }

        /// Shows its id.
        public var customMirror: Mirror { Mirror(self, children: ["id": id]) }
    }

    /// A message that was not deleted.
    public struct DeletionFailure: Hashable, Sendable {
        /// As given.
        public let receipt: String
        /// Why.
        public let code: AWSError.Code
        /// SQS's own code.
        public let rawCode: String
    }

    /// How a queue is set up, and how much is in it.
    public struct QueueAttributes: Hashable, Sendable {
        /// How many messages wait, about.
        public let waiting: Int?
        /// How many are someone's at present, about.
        public let inFlight: Int?
        /// How long messages are kept.
        public let retention: Duration?
        /// How long messages are someone's unless they say otherwise.
        public let visibility: Duration?
        /// Whether messages that come too often go to another queue.
        public let hasDeadLetterQueue: Bool
        /// As policies name it.
        public let arn: String?
        /// Who may do what with it: JSON.
        public let policy: String?

        init(_ attributes: [String: String]) {
            func number(_ name: String) -> Int? { attributes[name].flatMap { Int($0) } }
            waiting = number("ApproximateNumberOfMessages")
            inFlight = number("ApproximateNumberOfMessagesNotVisible")
            retention = number("MessageRetentionPeriod").map { .seconds($0) }
            visibility = number("VisibilityTimeout").map { .seconds($0) }
            hasDeadLetterQueue = attributes["RedrivePolicy"].map { !$0.isEmpty } ?? false
            arn = attributes["QueueArn"]
            policy = attributes["Policy"]
        }
    }
}
