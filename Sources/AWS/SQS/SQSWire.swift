// The names are those of the protocol.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

/// What SQS's JSON protocol sends and answers.
enum SQSWire {
    struct Receive: Encodable {
        var QueueUrl: String
        var MaxNumberOfMessages: Int
        var WaitTimeSeconds: Int
        var VisibilityTimeout: Int?
        var MessageSystemAttributeNames: [String]
    }

    struct Message: Decodable {
        var MessageId: String
        var ReceiptHandle: String
        var Body: String?
        var Attributes: [String: String]?
    }

    struct Messages: Decodable {
        /// Missing when there are none.
        var Messages: [Message]?
    }

    struct Entry: Encodable {
        var Id: String
        var ReceiptHandle: String
    }

    struct DeleteBatch: Encodable {
        var QueueUrl: String
        var Entries: [Entry]
    }

    struct BatchFailure: Decodable {
        var Id: String
        var SenderFault: Bool
        var Code: String
    }

    struct BatchResult: Decodable {
        var Failed: [BatchFailure]?
    }

    struct ChangeVisibility: Encodable {
        var QueueUrl: String
        var ReceiptHandle: String
        var VisibilityTimeout: Int
    }

    struct GetAttributes: Encodable {
        var QueueUrl: String
        var AttributeNames: [String]
    }

    struct Attributes: Decodable {
        var Attributes: [String: String]?
    }

    struct Nothing: Decodable {}
}
