import Crypto
import FoundationEssentials

/// The Simple Queue Service by its JSON protocol: the customer's one queue.
///
/// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
struct SQSService: Sendable {
    let account: CustomerAccount
    let call: AWSRoutes.Call
    let now: @Sendable () -> Double

    private var queue: SimulatedQueue { account.queue }

    func answer(_ action: String, _ input: JSON) throws(AWSFault) -> JSON {
        if action == "GetQueueUrl" {
            guard input["QueueName"]?.string == CustomerAccount.queueName else { throw Self.noQueue }
            return ["QueueUrl": .string(CustomerAccount.queueURL)]
        }
        try find(input, for: action)
        switch action {
        case "SendMessage":
            guard let body = input["MessageBody"]?.string else { throw Self.missing("MessageBody") }
            return ["MessageId": .string(queue.send(body, at: call.time))]
        case "DeleteMessage":
            guard queue.delete(try Self.receipt(input)) else { throw .invalidReceipt }
            return .object([])
        case "DeleteMessageBatch": return try deleteBatch(input)
        case "ChangeMessageVisibility":
            guard let seconds = input["VisibilityTimeout"]?.number, (0...43_200).contains(seconds) else {
                throw Self.invalid("VisibilityTimeout", "must be from 0 to 43200")
            }
            try queue.changeVisibility(of: try Self.receipt(input), to: seconds, at: call.time)
            return .object([])
        case "GetQueueAttributes": return attributes(input)
        default:
            throw AWSFault(
                code: "UnknownOperationException",
                message: "the sandbox does not know the operation \(action)"
            )
        }
    }

    /// Waits for messages; cancelling it takes none.
    func receive(_ input: JSON) async -> Result<JSON, AWSFault> {
        do throws(AWSFault) {
            try find(input, for: "ReceiveMessage")
            let limit = input["MaxNumberOfMessages"]?.number ?? 1
            let wait = input["WaitTimeSeconds"]?.number ?? 0
            let visibility = input["VisibilityTimeout"]?.number ?? SimulatedQueue.visibility
            guard (1...10).contains(limit) else {
                throw Self.invalid("MaxNumberOfMessages", "must be from 1 to 10")
            }
            guard (0...20).contains(wait) else {
                throw Self.invalid("WaitTimeSeconds", "must be from 0 to 20")
            }
            guard (0...43_200).contains(visibility) else {
                throw Self.invalid("VisibilityTimeout", "must be from 0 to 43200")
            }
            return await queue.whileWaiting { await poll(limit, wait: .seconds(wait), visibility) }
        } catch {
            return .failure(error)
        }
    }

    private func poll(_ limit: Int, wait: Duration, _ visibility: Int) async -> Result<JSON, AWSFault> {
        let end = ContinuousClock.now + wait
        while !Task.isCancelled {
            let messages = queue.receive(limit: limit, visibility: visibility, at: now())
            if !messages.isEmpty { return .success(["Messages": .array(messages.map(Self.json))]) }
            guard ContinuousClock.now < end else { break }
            // Cancellation is looked at above.
            try? await Task.sleep(for: .milliseconds(50))
        }
        // An answer without messages does not have the member at all.
        return .success(.object([]))
    }

    private func find(_ input: JSON, for action: String) throws(AWSFault) {
        guard case .session = call.caller else {
            throw AWSFault(
                code: "AccessDeniedException",
                message: "User: \(STSService.fleetARN) is not authorized to perform this action on the queue",
                status: 403,
                queryCode: "AccessDenied"
            )
        }
        guard let url = input["QueueUrl"]?.string else { throw Self.missing("QueueUrl") }
        guard call.region == CustomerAccount.queueRegion,
            url.hasSuffix("/\(CustomerAccount.id)/\(CustomerAccount.queueName)")
        else { throw Self.noQueue }
        // There is no permission of its own for batches.
        let permission = "sqs:\(action.hasSuffix("Batch") ? String(action.dropLast(5)) : action)"
        guard call.rules.allow(permission, on: CustomerAccount.queueARN, [:]) else {
            throw .denied(permission, on: CustomerAccount.queueARN)
        }
    }

    private func deleteBatch(_ input: JSON) throws(AWSFault) -> JSON {
        let entries = input["Entries"]?.array ?? []
        guard !entries.isEmpty else {
            throw AWSFault(
                code: "EmptyBatchRequest",
                message: "There should be at least one DeleteMessageBatchRequestEntry in the request.",
                queryCode: "AWS.SimpleQueueService.EmptyBatchRequest"
            )
        }
        guard entries.count <= 10 else {
            throw AWSFault(
                code: "TooManyEntriesInBatchRequest",
                message: "Maximum number of entries per request are 10.",
                queryCode: "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"
            )
        }
        var done: [JSON] = []
        var failed: [JSON] = []
        for entry in entries {
            let id = JSON.string(entry["Id"]?.string ?? "")
            if queue.delete(entry["ReceiptHandle"]?.string ?? "") {
                done.append(["Id": id])
            } else {
                failed.append([
                    "Id": id, "SenderFault": true, "Code": .string(AWSFault.invalidReceipt.code),
                    "Message": .string(AWSFault.invalidReceipt.message),
                ])
            }
        }
        return ["Successful": .array(done), "Failed": .array(failed)]
    }

    private func attributes(_ input: JSON) -> JSON {
        let count = queue.count(at: call.time)
        let all = [
            "ApproximateNumberOfMessages": "\(count.waiting)",
            "ApproximateNumberOfMessagesNotVisible": "\(count.hidden)",
            "MessageRetentionPeriod": "\(Int(SimulatedQueue.retention))",
            "VisibilityTimeout": "\(SimulatedQueue.visibility)", "QueueArn": CustomerAccount.queueARN,
            "Policy": Self.policy,
        ]
        let wanted = (input["AttributeNames"]?.array ?? []).compactMap(\.string)
        let isAll = wanted.contains("All")
        return ["Attributes": .strings(all.filter { isAll || wanted.contains($0.key) })]
    }

    /// Lets EventBridge's rules of the account send.
    private static var policy: String {
        let statement: JSON = [
            "Sid": "Events", "Effect": "Allow", "Principal": ["Service": "events.amazonaws.com"],
            "Action": "sqs:SendMessage", "Resource": .string(CustomerAccount.queueARN),
            "Condition": ["StringEquals": ["aws:SourceAccount": .string(CustomerAccount.id)]],
        ]
        let policy: JSON = ["Version": "2012-10-17", "Statement": [statement]]
        return String(decoding: policy.bytes, as: UTF8.self)
    }

    // MARK: - Wire

    private static func json(_ message: SimulatedQueue.Message) -> JSON {
        [
            "MessageId": .string(message.id), "ReceiptHandle": .string(message.receipt),
            "Body": .string(message.body),
            "MD5OfBody": .string(Hexadecimal.text(Insecure.MD5.hash(data: Array(message.body.utf8)))),
            "Attributes": .strings([
                "ApproximateReceiveCount": "\(message.receipts)",
                "SentTimestamp": "\(Int(message.sentAt * 1000))",
                "ApproximateFirstReceiveTimestamp": "\(Int((message.firstReceivedAt ?? 0) * 1000))",
                "SenderId": "AIDASANDBOXEVENTS",
            ]),
        ]
    }

    private static func receipt(_ input: JSON) throws(AWSFault) -> String {
        guard let receipt = input["ReceiptHandle"]?.string else { throw missing("ReceiptHandle") }
        return receipt
    }

    private static func missing(_ name: String) -> AWSFault {
        AWSFault(code: "MissingParameter", message: "The request must contain the parameter \(name).")
    }

    private static func invalid(_ name: String, _ reason: String) -> AWSFault {
        AWSFault(code: "InvalidParameterValue", message: "Value for parameter \(name) is invalid: \(reason).")
    }

    private static let noQueue = AWSFault(
        code: "QueueDoesNotExist",
        message: "The specified queue does not exist.",
        queryCode: "AWS.SimpleQueueService.NonExistentQueue"
    )
}
