import FoundationEssentials
import Store

/// The queues that a scheduler reads.
struct ReaderTable {
    private struct Reader {
        let customer: CustomerRecord
        let state: QueueState
        let stop: AsyncStream<Never>.Continuation
    }

    private var readers: [UUID: Reader] = [:]

    /// How many.
    var count: Int { readers.count }

    /// How it goes with each.
    var conditions: [QueueState.Condition] { readers.values.map(\.state.condition) }

    /// What is to be said of each.
    var readings: [QueueLeaseStore.Reading] {
        readers.map { $0.value.state.reading(of: $0.key) }
    }

    /// Notes a reader.
    ///
    /// - Returns: What ends when it must stop, and where it tells how it goes.
    mutating func add(_ customer: CustomerRecord) -> (AsyncStream<Never>, QueueState) {
        stop(customer.id)
        let (stream, continuation) = AsyncStream.makeStream(of: Never.self)
        let state = QueueState()
        readers[customer.id] = Reader(customer: customer, state: state, stop: continuation)
        return (stream, state)
    }

    /// Whether a customer's queue is read as the customer is now.
    func isReading(_ customer: CustomerRecord) -> Bool {
        readers[customer.id].map { Self.isSame($0.customer, customer) } ?? false
    }

    /// Stops those that are not among these, or not as they are now.
    mutating func keep(only customers: [CustomerRecord]) {
        let byID = Dictionary(customers.map { ($0.id, $0) }) { first, _ in first }
        for (id, reader) in readers where !(byID[id].map { Self.isSame($0, reader.customer) } ?? false) {
            stop(id)
        }
    }

    /// Stops as many as there are too many.
    ///
    /// - Returns: Whose queues are read no more.
    mutating func stop(beyond limit: Int) -> [UUID] {
        let excess = readers.keys.prefix(max(0, readers.count - max(0, limit))).map(\.self)
        for id in excess { stop(id) }
        return excess
    }

    /// Stops all.
    mutating func stopAll() {
        for id in Array(readers.keys) { stop(id) }
    }

    private mutating func stop(_ id: UUID) {
        readers.removeValue(forKey: id)?.stop.finish()
    }

    private static func isSame(_ one: CustomerRecord, _ other: CustomerRecord) -> Bool {
        one.sqsQueueURL == other.sqsQueueURL && one.awsRoleARN == other.awsRoleARN
            && one.externalID == other.externalID && one.awsAccountID == other.awsAccountID
    }
}
