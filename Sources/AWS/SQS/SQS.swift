/// Simple Queue Service.
///
/// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
public struct SQS: Sendable {
    /// How many messages are received or deleted at once at most.
    public static let batchLimit = 10

    let client: AWSClient

    /// Takes messages, which nobody else then sees for a time.
    ///
    /// A message may come more than once, and in any order. Cancelling the task ends the wait at once;
    /// messages that were on their way then come again after their time.
    ///
    /// - Parameters:
    ///   - queue: The queue.
    ///   - limit: From 1 to 10.
    ///   - wait: How long to wait for a first message: up to 20 s, in whole seconds.
    ///   - visibility: How long they are ours: up to 12 hours, in whole seconds; `nil` for the queue's own.
    /// - Returns: None if none came.
    /// - Throws: ``AWSError``.
    public func receive(
        from queue: QueueURL,
        limit: Int = batchLimit,
        wait: Duration = .seconds(20),
        visibility: Duration? = nil
    ) async throws(AWSError) -> [Message] {
        let seconds = Int(max(.zero, min(wait, .seconds(20))) / .seconds(1))
        let input = SQSWire.Receive(
            QueueUrl: queue.text,
            MaxNumberOfMessages: max(1, min(limit, Self.batchLimit)),
            WaitTimeSeconds: seconds,
            VisibilityTimeout: visibility.map(Self.seconds),
            MessageSystemAttributeNames: ["All"]
        )
        let output: SQSWire.Messages = try await call(
            "ReceiveMessage",
            input,
            of: queue,
            wait: .seconds(seconds)
        )
        return (output.Messages ?? []).map(Message.init)
    }

    /// Deletes messages by the receipts of their latest receptions.
    ///
    /// - Parameters:
    ///   - receipts: Up to 10.
    ///   - queue: The queue.
    /// - Returns: What was not deleted; those messages come again.
    /// - Throws: ``AWSError``, and then it isn't known what was deleted.
    public func delete(
        _ receipts: [String],
        from queue: QueueURL
    ) async throws(AWSError) -> [DeletionFailure] {
        guard !receipts.isEmpty else { return [] }
        guard receipts.count <= Self.batchLimit else {
            throw AWSError(.invalidRequest, "at most \(Self.batchLimit) messages are deleted at once")
        }
        let entries = receipts.enumerated().map {
            SQSWire.Entry(Id: "\($0.offset)", ReceiptHandle: $0.element)
        }
        let input = SQSWire.DeleteBatch(QueueUrl: queue.text, Entries: entries)
        let output: SQSWire.BatchResult = try await call("DeleteMessageBatch", input, of: queue)
        return (output.Failed ?? []).compactMap { failure in
            guard let index = Int(failure.Id), receipts.indices.contains(index) else { return nil }
            let rawCode = ErrorBody.bare(failure.Code)
            return DeletionFailure(
                receipt: receipts[index],
                code: AWSError.Code(rawCode: rawCode, status: failure.SenderFault ? 400 : 500),
                rawCode: rawCode
            )
        }
    }

    /// Says how long a message is ours from now on; zero gives it back.
    ///
    /// - Throws: ``AWSError`` with code `conflict` if it is not ours any more.
    public func changeVisibility(
        of receipt: String,
        in queue: QueueURL,
        to visibility: Duration
    ) async throws(AWSError) {
        let input = SQSWire.ChangeVisibility(
            QueueUrl: queue.text,
            ReceiptHandle: receipt,
            VisibilityTimeout: Self.seconds(visibility)
        )
        let _: SQSWire.Nothing = try await call("ChangeMessageVisibility", input, of: queue)
    }

    /// How a queue is set up, and how much is in it.
    public func attributes(of queue: QueueURL) async throws(AWSError) -> QueueAttributes {
        let input = SQSWire.GetAttributes(
            QueueUrl: queue.text,
            AttributeNames: [
                "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
                "MessageRetentionPeriod", "VisibilityTimeout", "RedrivePolicy", "QueueArn", "Policy",
            ]
        )
        let output: SQSWire.Attributes = try await call("GetQueueAttributes", input, of: queue)
        return QueueAttributes(output.Attributes ?? [:])
    }

    private func call<Input: Encodable & Sendable, Output: Decodable & Sendable>(
        _ action: String,
        _ input: Input,
        of queue: QueueURL,
        wait: Duration = .zero
    ) async throws(AWSError) -> Output {
        guard queue.region == client.region else {
            throw AWSError(.invalidRequest, "the queue is in another region than the client")
        }
        return try await client.json(.sqs, target: "AmazonSQS", action, input, wait: wait)
    }

    private static func seconds(_ duration: Duration) -> Int {
        Int(max(.zero, min(duration, .seconds(43_200))) / .seconds(1))
    }
}
