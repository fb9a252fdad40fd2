import FoundationEssentials
import Logging
import Metrics
import Postgres
import Store
import Synchronization

/// Commits outcomes in batches, and only then lets Redis forget the claims.
///
/// Natural batching: what finishes while one batch is being committed becomes the next. Claims stay leased until
/// they are settled, so that a crash in between costs a repetition at worst.
final class Completer: Sendable {
    /// A run that ended.
    struct Completion: Sendable {
        var attempt: AttemptRecord
        var settlement: LiveIndex.Settlement
        /// False: the journal has the job's outcome already, and only the claim is to be settled.
        var isToBeRecorded = true
    }

    private static let maximumBatch = 1000
    private static let maximumBacklog = 4000

    private let journal: JobJournal
    private let index: LiveIndex
    private let logger: Logger
    private let onSettled: @Sendable (AttemptRecord, AttemptVerdict?) -> Void
    private let state = Mutex(State())

    private struct State {
        var backlog: [Completion] = []
        var isFinished = false
        /// The loop that commits, while there is nothing to commit.
        var idle: CheckedContinuation<Void, Never>?
        /// Those who wait for room.
        var crowd: [CheckedContinuation<Void, Never>] = []
    }

    /// - Parameters:
    ///   - journal: Where outcomes go.
    ///   - index: What may forget the claims after.
    ///   - logger: For what goes wrong.
    ///   - onSettled: Called once for each completion; the verdict is nil if it could not be recorded at all.
    init(
        journal: JobJournal,
        index: LiveIndex,
        logger: Logger,
        onSettled: @escaping @Sendable (AttemptRecord, AttemptVerdict?) -> Void
    ) {
        self.journal = journal
        self.index = index
        self.logger = logger
        self.onSettled = onSettled
    }

    /// Takes a completion; waits while the backlog is full.
    ///
    /// Not an actor's method: one hop for each job would be felt.
    func complete(_ completion: Completion) async {
        while !offer(completion) {
            await withCheckedContinuation { waiter in
                let hasRoom = state.withLock { state in
                    let hasRoom = state.backlog.count < Self.maximumBacklog
                    if !hasRoom { state.crowd.append(waiter) }
                    return hasRoom
                }
                if hasRoom { waiter.resume() }
            }
        }
    }

    private func offer(_ completion: Completion) -> Bool {
        let (isTaken, idle) = state.withLock { state in
            guard state.backlog.count < Self.maximumBacklog else {
                return (false, CheckedContinuation<Void, Never>?.none)
            }
            state.backlog.append(completion)
            return (true, state.idle.take())
        }
        idle?.resume()
        return isTaken
    }

    /// No more completions come: ``run()`` returns once all are settled.
    func finish() {
        state.withLock { state in
            state.isFinished = true
            return state.idle.take()
        }?.resume()
    }

    /// Commits until ``finish()``.
    func run() async {
        while true {
            let (batch, crowd, isFinished) = state.withLock { state in
                let batch = Array(state.backlog.prefix(Self.maximumBatch))
                state.backlog.removeFirst(batch.count)
                let crowd = state.crowd
                state.crowd = []
                return (batch, crowd, state.isFinished)
            }
            for waiter in crowd { waiter.resume() }
            if !batch.isEmpty {
                await settle(batch)
            } else if isFinished {
                return
            } else {
                await somethingToDo()
            }
        }
    }

    private func somethingToDo() async {
        await withCheckedContinuation { waiter in
            let isIdle = state.withLock { state in
                let isIdle = state.backlog.isEmpty && !state.isFinished
                if isIdle { state.idle = waiter }
                return isIdle
            }
            if !isIdle { waiter.resume() }
        }
    }

    private func settle(_ batch: [Completion]) async {
        let known = batch.filter { !$0.isToBeRecorded }
        let new = batch.filter(\.isToBeRecorded)
        guard let fresh = await record(new) else {
            for completion in new { onSettled(completion.attempt, nil) }
            return await settle(known)
        }
        let batch = new + known
        let verdicts = fresh + known.map { _ in AttemptVerdict.alreadyFinished }
        var claims: [LiveIndex.Ending] = []
        for (completion, verdict) in zip(batch, verdicts) {
            let how: LiveIndex.Settlement
            switch verdict {
            case .recorded: how = completion.settlement
            case .alreadyFinished, .claimSettled(_, isTerminal: true): how = .done
            case .claimSettled, .outdated: continue
            }
            let attempt = completion.attempt
            claims.append((queue: attempt.queue, job: attempt.jobID, fence: attempt.fence, how: how))
        }
        await forget(claims)
        for (completion, verdict) in zip(batch, verdicts) { onSettled(completion.attempt, verdict) }
    }

    /// Commits until PostgreSQL took the batch; nil for a single record it will never take.
    private func record(_ batch: [Completion]) async -> [AttemptVerdict]? {
        guard !batch.isEmpty else { return [] }
        let policy = RetryPolicy(base: .milliseconds(100), cap: .seconds(5))
        var tries = 0
        while true {
            do {
                return try await journal.record(batch.map(\.attempt))
            } catch {
                tries += 1
                // Only what the journal will never take is given up; a write that timed out may be sent again.
                let cause = error as? PostgresError
                let isOutage = !(cause?.blamesValues ?? false) && cause?.code != .closed
                logger.warning(
                    "could not record outcomes",
                    metadata: ["jobs": "\(batch.count)", "try": "\(tries)", "error": "\(error)"]
                )
                if !isOutage {
                    guard batch.count > 1 else {
                        logger.error(
                            "gave up an outcome that the journal refuses",
                            metadata: ["job.id": "\(batch[0].attempt.jobID.text)", "error": "\(error)"]
                        )
                        return nil
                    }
                    return await recordOneByOne(batch)
                }
                await pause(policy.delay(afterAttempt: tries, jitter: .random(in: 0...1)))
            }
        }
    }

    private func recordOneByOne(_ batch: [Completion]) async -> [AttemptVerdict] {
        var verdicts: [AttemptVerdict] = []
        for completion in batch {
            verdicts.append(await record([completion])?.first ?? .outdated)
        }
        return verdicts
    }

    /// Lets Redis forget claims.
    ///
    /// After a few tries it is left to the reaper, which finds the outcomes recorded.
    private func forget(_ claims: [LiveIndex.Ending]) async {
        let policy = RetryPolicy(base: .milliseconds(100), cap: .seconds(2))
        for attempt in 1...5 {
            do {
                _ = try await index.settle(claims)
                return
            } catch {
                logger.warning(
                    "could not acknowledge recorded outcomes",
                    metadata: ["jobs": "\(claims.count)", "try": "\(attempt)", "error": "\(error)"]
                )
                await pause(policy.delay(afterAttempt: attempt, jitter: .random(in: 0...1)))
            }
        }
    }

    /// Cancellation must not shorten the wait into a busy loop, nor end it: outcomes are still to be committed.
    private func pause(_ duration: Duration) async {
        await withCheckedContinuation { continuation in
            Task.detached {  // detached: a cancelled task cannot sleep
                try? await Task.sleep(for: duration)
                continuation.resume()
            }
        }
    }
}
