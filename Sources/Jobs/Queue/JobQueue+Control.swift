public import FoundationEssentials
import Store

/// Why a job or a queue does not do what was asked.
public enum JobControlError: Error, Sendable, Equatable {
    /// No job has this id.
    case notFound
    /// The job's state forbids it.
    case wrongState(JobState)
    /// Another unfinished job has its dedupe key.
    case duplicate(UUID)
}

/// What clients and operators do to accepted jobs and to queues.
extension JobQueue {
    /// Takes a job back.
    ///
    /// One that waits has its outcome when this returns; one that runs is interrupted within a second. While Redis is
    /// away the wish is kept, and carried out later.
    ///
    /// - Returns: The job as it is now.
    /// - Throws: ``JobControlError`` if there is nothing to take back; `PostgresError` if the wish could not be kept.
    public func cancel(_ id: UUID, by requester: String) async throws -> View {
        guard let view = try await view(id) else { throw JobControlError.notFound }
        guard !view.state.isTerminal, try await journal.requestCancellation(of: id, by: requester) else {
            throw JobControlError.wrongState(try await self.view(id)?.state ?? view.state)
        }
        do {
            try await Cancellations(journal: journal, index: index).apply(to: id)
        } catch let error as any RetryableError where error.isRetryable {
            // The dispatcher carries it out.
        }
        return try await self.view(id) ?? view
    }

    /// Gives a job that failed, ran out of time or was cancelled another chance, under its own id.
    ///
    /// It gets as many runs and as much time as its type grants a new one.
    ///
    /// - Returns: The job as it is now.
    /// - Throws: ``JobControlError`` if its state forbids that; `PostgresError` if it could not be committed.
    public func retry(_ id: UUID) async throws -> View {
        guard let entry = try await journal.entry(id) else { throw JobControlError.notFound }
        let defaults = JobType(rawValue: entry.job.type).map(JobCatalogue.defaults)
        let verdict = try await journal.reopen(
            id,
            attempts: defaults?.maxAttempts ?? 1,
            deadlineAfter: defaults?.deadline ?? .seconds(3600)
        )
        switch verdict {
        case .refused:
            throw JobControlError.wrongState(try await view(id)?.state ?? .success)
        case .duplicate(let holder): throw JobControlError.duplicate(holder)
        case .reopened(let open):
            do {
                try await index.enqueue([
                    .init(job: open.job, attemptsUsed: open.attemptsUsed, isReloaded: true)
                ])
            } catch let error as any RetryableError where error.isRetryable {
                // The dispatcher brings it.
            }
        }
        guard let view = try await view(id) else { throw JobControlError.notFound }
        return view
    }

    /// Gives the newest dead jobs of a queue another chance.
    ///
    /// - Parameters:
    ///   - queue: Which queue.
    ///   - limit: At most this many.
    /// - Returns: How many; those whose dedupe key is taken stay dead.
    /// - Throws: `PostgresError` if the database cannot be asked.
    public func retryDead(of queue: String, limit: Int) async throws -> Int {
        var count = 0
        for entry in try await journal.deadJobs(of: queue, before: nil, limit: limit) {
            do {
                _ = try await retry(entry.job.id)
                count += 1
            } catch is JobControlError {
                // Retried or discarded by somebody else meanwhile, or its key is taken.
            }
        }
        return count
    }

    /// Stops the claiming of a queue's jobs; those that run go on.
    ///
    /// - Throws: `PostgresError` or `RedisError`; repeating it is safe.
    public func pause(_ queue: String, by operator: String) async throws {
        try await journal.pause(queue, by: `operator`)
        try await index.setPaused(true, queue)
    }

    /// Lets a queue go on.
    ///
    /// - Throws: `PostgresError` or `RedisError`; repeating it is safe.
    public func resume(_ queue: String) async throws {
        try await journal.resume(queue)
        try await index.setPaused(false, queue)
    }
}
