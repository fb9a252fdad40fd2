import FoundationEssentials
import Synchronization

/// A standard queue: at least once, in no promised order.
///
/// A message that was received is hidden for its visibility timeout, and comes again unless it was deleted by then.
final class SimulatedQueue: Sendable {
    struct Message: Sendable {
        let id: String
        let body: String
        let sentAt: Double
        var visibleAt: Double
        var receipts = 0
        var firstReceivedAt: Double?
        /// The handle of its latest reception.
        var receipt = ""
    }

    /// So many are kept, as long as SQS keeps messages by default.
    static let limit = 20_000
    static let retention = 4.0 * 86_400
    static let visibility = 30

    private let messages = Mutex<[Message]>([])
    private let polls = Atomic(0)

    /// How many clients wait for a message.
    var waiting: Int { polls.load(ordering: .relaxed) }

    /// Counts a client that waits, as long as it does.
    func whileWaiting<Value>(_ body: () async -> Value) async -> Value {
        polls.add(1, ordering: .relaxed)
        defer { polls.subtract(1, ordering: .relaxed) }
        return await body()
    }

    func send(_ body: String, at now: Double) -> String {
        let id = UUID().uuidString.lowercased()
        messages.withLock { messages in
            messages.append(Message(id: id, body: body, sentAt: now, visibleAt: now))
            if messages.count > Self.limit { messages.removeFirst(messages.count - Self.limit) }
        }
        return id
    }

    /// Takes messages that are visible, and hides them.
    func receive(limit: Int, visibility: Int, at now: Double) -> [Message] {
        messages.withLock { messages in
            messages.removeAll { $0.sentAt + Self.retention < now }
            var taken: [Message] = []
            for index in messages.indices where messages[index].visibleAt <= now && taken.count < limit {
                messages[index].visibleAt = now + Double(visibility)
                messages[index].receipts += 1
                messages[index].firstReceivedAt = messages[index].firstReceivedAt ?? now
                messages[index].receipt = "\(messages[index].id)#\(messages[index].receipts)"
                taken.append(messages[index])
            }
            return taken
        }
    }

    /// Deletes a message by a receipt handle; one that is gone already is no error.
    ///
    /// - Returns: Whether the handle is one.
    func delete(_ receipt: String) -> Bool {
        guard let id = Self.message(of: receipt) else { return false }
        messages.withLock { messages in messages.removeAll { $0.id == id } }
        return true
    }

    /// Says how long a message stays hidden from now on.
    ///
    /// - Throws: ``AWSFault`` if it is not anybody's at present.
    func changeVisibility(of receipt: String, to seconds: Int, at now: Double) throws(AWSFault) {
        guard let id = Self.message(of: receipt) else { throw .invalidReceipt }
        try messages.withLock { messages throws(AWSFault) in
            guard let index = messages.firstIndex(where: { $0.id == id }), messages[index].visibleAt > now
            else {
                throw AWSFault(
                    code: "MessageNotInflight",
                    message: "The message referred to is not in flight.",
                    queryCode: "AWS.SimpleQueueService.MessageNotInflight"
                )
            }
            messages[index].visibleAt = now + Double(seconds)
        }
    }

    func count(at now: Double) -> (waiting: Int, hidden: Int) {
        messages.withLock { messages in
            let hidden = messages.count { $0.visibleAt > now }
            return (messages.count - hidden, hidden)
        }
    }

    private static func message(of receipt: String) -> String? {
        let parts = receipt.split(separator: "#")
        guard parts.count == 2, UUID(uuidString: String(parts[0])) != nil, Int(parts[1]) != nil else {
            return nil
        }
        return String(parts[0])
    }
}

extension AWSFault {
    static let invalidReceipt = AWSFault(
        code: "ReceiptHandleIsInvalid",
        message: "The input receipt handle is invalid."
    )
}
