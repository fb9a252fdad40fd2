public import AWS
public import Store

/// A customer's queue of events, and a client that may read it and nothing else.
public struct CustomerQueue: Sendable {
    /// Where it is.
    public let url: QueueURL
    /// Acts as the customer's role.
    public let sqs: SQS

    /// Makes one from its parts.
    public init(url: QueueURL, sqs: SQS) {
        self.url = url
        self.sqs = sqs
    }
}

extension CustomerSessions {
    /// A customer's queue of events; nothing is called yet.
    ///
    /// - Parameters:
    ///   - customer: Whose.
    ///   - job: What reads it, as the customer's CloudTrail shows it.
    /// - Returns: The queue.
    /// - Throws: `AWSError` with code `invalidRequest` if the customer has no queue or role, or one that cannot be used.
    public func queue(
        of customer: CustomerRecord,
        job: String = "queue-intake"
    ) throws(AWSError) -> CustomerQueue {
        guard let text = customer.sqsQueueURL else {
            throw AWSError(.invalidRequest, "the customer has no sqs_queue_url")
        }
        let url = try QueueURL(
            text,
            region: Self.region(of: text) ?? home,
            account: customer.awsAccountID,
            endpoints: endpoints
        )
        let client = try client(
            for: customer,
            region: url.region.name,
            purpose: .queueIntake(queueARN: url.arn),
            job: job
        )
        return CustomerQueue(url: url, sqs: client.sqs)
    }

    /// The region in a queue's host: `sqs.REGION.amazonaws.com`.
    private static func region(of url: String) -> AWSRegion? {
        let host = url.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first ?? ""
        let labels = host.split(separator: ".")
        guard labels.count >= 4, labels[0] == "sqs" else { return nil }
        return AWSRegion(String(labels[1]))
    }
}
