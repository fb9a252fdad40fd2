import FoundationEssentials
import Logging
import Metrics
import Postgres
import Store

/// Commits outcomes in batches, and only then lets Redis forget the claims.
///
/// Natural batching: what finishes while one batch is being committed becomes the next. Claims stay leased until
/// they are settled, so that a crash in between costs a repetition at worst.
actor Completer {
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
    private var backlog: [Completion] = []
    private var isFinished = false
    private var wakeUp: CheckedContinuation<Void, Never>?
    private var submitters: [CheckedContinuation<Void, Never>] = []

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
    func complete(_ completion: Completion) async {
        while backlog.count >= Self.maximumBacklog {
            await withCheckedContinuation { submitters.append($0) }
        }
        backlog.append(completion)
        wakeUp?.resume()
        wakeUp = nil
    }

    /// No more completions come: ``run()`` returns once all are settled.
    func finish() {
        isFinished = true
        wakeUp?.resume()
        wakeUp = nil
    }

    /// Commits until ``finish()``.
    func run() async {
        while true {
            if backlog.isEmpty {
                if isFinished { return }
                await withCheckedContinuation { wakeUp = $0 }
                continue
            }
            let batch = Array(backlog.prefix(Self.maximumBatch))
            backlog.removeFirst(batch.count)
            for submitter in submitters { submitter.resume() }
            submitters = []
            await settle(batch)
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
        var claims: [(queue: String, job: UUID, fence: Int64, how: LiveIndex.Settlement)] = []
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
    private func forget(
        _ claims: [(queue: String, job: UUID, fence: Int64, how: LiveIndex.Settlement)]
    ) async {
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
