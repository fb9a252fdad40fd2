public import FoundationEssentials

/// A checked submission on its way into the journal.
///
/// Times that depend on "now" are left to PostgreSQL, so that no process's clock decides an order.
public struct JobAcceptance: Sendable {
    /// The job; `submittedAt` is set by the journal, `runAt` and `deadline` too where the fields below say so.
    public var record: JobRecord
    /// True: `runAt` is the moment of acceptance.
    public var runsAtOnce: Bool
    /// Seconds after `runAt` at which a job without a deadline of its own expires.
    public var deadlineAfter: Double?
    /// The client's idempotency key, with a hash of what it sent.
    public var idempotency: Idempotency?

    /// What happens when an unfinished job has the dedupe key.
    public var whenDuplicate: DuplicatePolicy = .refuse

    /// What happens when an unfinished job has the dedupe key.
    public enum DuplicatePolicy: String, Sendable, CaseIterable {
        /// The new one is refused.
        case refuse
        /// The old one stands for both.
        case merge
        /// The new one takes the old one's place; if that runs already, it may finish.
        case latest
    }

    /// A client's promise that two requests are one.
    public struct Idempotency: Sendable, Hashable {
        /// The header's value.
        public var key: String
        /// SHA-256 of the request, to catch a key used for something else.
        public var requestHash: [UInt8]

        /// Makes one from its parts.
        public init(key: String, requestHash: [UInt8]) {
            self.key = key
            self.requestHash = requestHash
        }
    }

    /// Makes an acceptance.
    public init(
        record: JobRecord,
        runsAtOnce: Bool,
        deadlineAfter: Double? = nil,
        idempotency: Idempotency? = nil
    ) {
        self.record = record
        self.runsAtOnce = runsAtOnce
        self.deadlineAfter = deadlineAfter
        self.idempotency = idempotency
    }

    /// Keys of one customer never meet those of another.
    var scope: String { record.customerID?.text ?? "fleet" }
}

/// What the journal did with one acceptance.
public enum AcceptanceVerdict: Sendable, Equatable {
    /// Committed. The record carries the times PostgreSQL gave it.
    case accepted(JobRecord)
    /// The same request was accepted before, as this job; or a tick's job exists already.
    case existing(UUID)
    /// The idempotency key was used for another request, which became this job.
    case idempotencyConflict(UUID)
    /// An unfinished job has the same dedupe key.
    case duplicate(UUID)
}
