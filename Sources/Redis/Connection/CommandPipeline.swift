/// Keeps the books of one connection: what is to be written, and who waits for which reply.
///
/// Redis answers in the order it was asked, so the first reply belongs to the first slot. A slot whose waiter
/// gave up stays in line and swallows its replies. This is a pure state machine: it neither writes nor waits;
/// its methods are events and return what the caller is to do. `Waiter` is whatever the caller resumes.
package struct CommandPipeline<Waiter: Sendable>: Sendable {
    /// How much may wait at once.
    package struct Limits: Sendable {
        package var commands: Int
        package var bytes: Int

        package init(commands: Int, bytes: Int) {
            self.commands = commands
            self.bytes = bytes
        }
    }

    /// What to do after a submission.
    package enum Submission: Sendable {
        /// Wake the writer; the slot has this position.
        case flush(position: Int)
        /// Nothing: a writer is already on its way.
        case queued(position: Int)
        /// Fail the waiter.
        case rejected(RedisError)
    }

    /// What a waiter gets.
    package enum Outcome: Sendable {
        case reply(Result<RedisValue, RedisError>)
        case replies([Result<RedisValue, RedisError>])
    }

    /// A waiter that is done, to be resumed by the caller outside any lock.
    package struct Delivery: Sendable {
        package var waiter: Waiter
        package var outcome: Outcome
    }

    private struct Slot: Sendable {
        var waiter: Waiter?
        /// Replies still to come.
        var missing: Int
        /// The replies of a batch so far; nil for a single command.
        var collected: [Result<RedisValue, RedisError>]?
        /// Where its first byte is in everything ever submitted.
        var startOffset: Int
        var deadline: ContinuousClock.Instant
    }

    private let limits: Limits
    private var slots = SlotQueue<Slot>()
    private var outbox: [UInt8] = []
    private var submittedBytes = 0
    private var writtenBytes = 0
    private var isWriterAwake = false
    package private(set) var pendingCommands = 0
    package private(set) var closingError: RedisError?

    package init(limits: Limits) {
        self.limits = limits
    }

    /// Whether nobody waits for a reply.
    package var isIdle: Bool { slots.isEmpty }

    /// Commands were submitted.
    ///
    /// - Parameters:
    ///   - count: How many replies they bring.
    ///   - isBatch: Whether the waiter wants an array.
    ///   - waiter: Who gets the outcome.
    ///   - deadline: When the last reply must have arrived.
    ///   - encode: Appends the commands' bytes.
    /// - Returns: What the caller does.
    package mutating func submitted(
        count: Int,
        isBatch: Bool,
        waiter: Waiter,
        deadline: ContinuousClock.Instant,
        encode: (inout [UInt8]) -> Void
    ) -> Submission {
        if let closingError {
            return .rejected(closingError.with(mayHaveBeenApplied: false))
        }
        guard pendingCommands == 0 || pendingCommands + count <= limits.commands else {
            return .rejected(RedisError(.overloaded, "too many commands wait for their replies"))
        }
        guard outbox.count < limits.bytes else {
            return .rejected(RedisError(.overloaded, "too many bytes wait to be written"))
        }
        let size = outbox.count
        encode(&outbox)
        let slot = Slot(
            waiter: waiter,
            missing: count,
            collected: isBatch ? [] : nil,
            startOffset: submittedBytes,
            deadline: deadline
        )
        submittedBytes += outbox.count - size
        pendingCommands += count
        let position = slots.append(slot)
        guard !isWriterAwake else { return .queued(position: position) }
        isWriterAwake = true
        return .flush(position: position)
    }

    /// The writer asks for more.
    ///
    /// - Parameter buffer: Gets the bytes to write, and leaves its memory for the next ones. If it stays empty
    ///   the writer sleeps until the next ``Submission/flush(position:)``.
    package mutating func writerIsReady(for buffer: inout [UInt8]) {
        // Memory is kept for the next bytes, but not that of an extraordinary burst.
        buffer.removeAll(keepingCapacity: buffer.capacity <= 1 << 22)
        guard !outbox.isEmpty else {
            isWriterAwake = false
            return
        }
        swap(&buffer, &outbox)
        // From here on the bytes may reach the server, so they count as written.
        writtenBytes = submittedBytes
    }

    /// Replies arrived.
    ///
    /// - Parameters:
    ///   - replies: In the order of arrival.
    ///   - deliveries: Gets the waiters that are done by them.
    /// - Returns: An error if there were more replies than commands; the connection must then be closed.
    package mutating func received(_ replies: [RedisValue], deliveries: inout [Delivery]) -> RedisError? {
        for reply in replies {
            let result: Result<RedisValue, RedisError> =
                if case .error(let text) = reply { .failure(.reply(text)) } else { .success(reply) }
            let isComplete = slots.updateFirst { slot in
                slot.missing -= 1
                if slot.waiter != nil { slot.collected?.append(result) }
                return slot.missing == 0
            }
            guard let isComplete else { return RedisError(.protocolViolation, "reply without a command") }
            pendingCommands -= 1
            guard isComplete, let slot = slots.popFirst(), let waiter = slot.waiter else { continue }
            let outcome: Outcome = slot.collected.map { .replies($0) } ?? .reply(result)
            deliveries.append(Delivery(waiter: waiter, outcome: outcome))
        }
        return nil
    }

    /// A waiter was cancelled.
    ///
    /// - Returns: The waiter with its outcome, unless it has been resumed already.
    package mutating func cancelled(position: Int) -> Delivery? {
        guard let slot = slots.update(at: position, { slot in (slot.waiter.take(), slot) }),
            let waiter = slot.0
        else { return nil }
        let error = RedisError(
            .cancelled,
            "the waiting task was cancelled",
            mayHaveBeenApplied: slot.1.startOffset < writtenBytes
        )
        let isBatch = slot.1.collected != nil
        return Delivery(
            waiter: waiter,
            outcome: isBatch ? .replies([.failure(error)]) : .reply(.failure(error))
        )
    }

    /// The oldest deadline; nil if nobody waits.
    package var nextDeadline: ContinuousClock.Instant? { slots.first?.deadline }

    /// The connection ended, or is to end.
    ///
    /// - Parameters:
    ///   - error: What everyone who waits gets, and everyone who comes later.
    ///   - now: Given for a time-out: those whose deadline has not passed get `connectionLost` instead.
    /// - Returns: The waiters to fail; empty if it was closed before.
    package mutating func closed(by error: RedisError, now: ContinuousClock.Instant? = nil) -> [Delivery] {
        guard closingError == nil else { return [] }
        let lost = RedisError(.connectionLost, "connection dropped after another command's time limit")
        closingError = now == nil ? error : lost
        var deliveries: [Delivery] = []
        while let slot = slots.popFirst() {
            guard let waiter = slot.waiter else { continue }
            let isLate = now.map { slot.deadline <= $0 } ?? true
            let failure = (isLate ? error : lost).with(mayHaveBeenApplied: slot.startOffset < writtenBytes)
            let outcome: Outcome =
                slot.collected.map { .replies($0 + Array(repeating: .failure(failure), count: slot.missing)) }
                ?? .reply(.failure(failure))
            deliveries.append(Delivery(waiter: waiter, outcome: outcome))
        }
        outbox = []
        pendingCommands = 0
        return deliveries
    }
}
