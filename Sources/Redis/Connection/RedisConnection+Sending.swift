import BlockingIO
import Dispatch
import Synchronization

extension RedisConnection {
    /// Sends one command and waits for its reply, its time limit, cancellation, or the connection's end.
    nonisolated func send(
        _ command: RedisCommand,
        timeout: Duration
    ) async -> Result<RedisValue, RedisError> {
        let position = Atomic(-1)
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                submit(count: 1, isBatch: false, .single(continuation), timeout, position) { buffer in
                    CommandEncoder.encode(command, into: &buffer)
                }
            }
        } onCancel: {
            cancel(position)
        }
    }

    /// Sends several commands in one go and waits for all the replies.
    nonisolated func send(
        _ commands: [RedisCommand],
        timeout: Duration
    ) async -> [Result<RedisValue, RedisError>] {
        // Outside the lock, which others wait for.
        var bytes: [UInt8] = []
        for command in commands { CommandEncoder.encode(command, into: &bytes) }
        let encoded = bytes
        let position = Atomic(-1)
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                submit(count: commands.count, isBatch: true, .batch(continuation), timeout, position) {
                    buffer in
                    if buffer.isEmpty { buffer = encoded } else { buffer.append(contentsOf: encoded) }
                }
            }
        } onCancel: {
            cancel(position)
        }
    }

    private nonisolated func submit(
        count: Int,
        isBatch: Bool,
        _ waiter: Waiter,
        _ timeout: Duration,
        _ position: borrowing Atomic<Int>,
        encode: (inout [UInt8]) -> Void
    ) {
        let deadline = ContinuousClock.now + timeout
        let submission = pipeline.withLock { pipeline in
            let submission = pipeline.submitted(
                count: count,
                isBatch: isBatch,
                waiter: waiter,
                deadline: deadline,
                encode: encode
            )
            if case .flush(let own) = submission { position.store(own, ordering: .relaxed) }
            if case .queued(let own) = submission { position.store(own, ordering: .relaxed) }
            return submission
        }
        switch submission {
        case .flush: executor.queue.async { self.assumeIsolated { $0.flush() } }
        case .queued: break
        case .rejected(let error):
            let outcome: Pipeline.Outcome = isBatch ? .replies([.failure(error)]) : .reply(.failure(error))
            return Self.resume([.init(waiter: waiter, outcome: outcome)])
        }
        // A cancellation that came before the position was known found nothing to cancel. The lock orders the
        // two: either the handler sees the position, or this sees the cancellation.
        if Task.isCancelled { cancel(position) }
    }

    private nonisolated func cancel(_ position: borrowing Atomic<Int>) {
        let delivery = pipeline.withLock { $0.cancelled(position: position.load(ordering: .relaxed)) }
        if let delivery { Self.resume([delivery]) }
    }
}
