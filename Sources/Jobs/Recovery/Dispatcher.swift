public import Logging
import FoundationEssentials
import Store

/// Brings accepted jobs to Redis that are not there: after a submitter died between commit and enqueue, while Redis
/// was away, and all of them after Redis lost its data.
public struct Dispatcher: Sendable {
    /// A submission that is older than this is no longer under way.
    static let settledAfter: Duration = .seconds(4)
    private static let page = 1000

    private let journal: JobJournal
    private let index: LiveIndex
    private let logger: Logger

    /// - Parameters:
    ///   - queue: The queue to look after.
    ///   - logger: Says what was brought.
    public init(queue: JobQueue, logger: Logger) {
        journal = queue.journal
        index = queue.index
        self.logger = logger
    }

    private var cancellations: Cancellations { Cancellations(journal: journal, index: index) }

    /// Looks every second until cancelled.
    public func run() async {
        var since: Date?
        while !Task.isCancelled {
            do {
                if try await index.isLoaded() {
                    let now = try await journal.now()
                    try await sweep(since: since)
                    // Transactions that began before now may still commit: look back further than they may last.
                    since = now.addingTimeInterval(-60)
                } else {
                    try await reload()
                    since = nil
                }
                try await cancellations.apply()
                try await journal.forgetSettledCancellations()
            } catch is CancellationError {
                return
            } catch {
                logger.debug("could not look after the index", metadata: ["error": "\(error)"])
            }
            // Cancellation ends the loop.
            try? await Task.sleep(for: .milliseconds(Int.random(in: 800...1200)))
        }
    }

    /// Fills the index of a new epoch with every open job.
    ///
    /// - Returns: How many jobs were brought.
    @discardableResult
    public func reload() async throws -> Int {
        let epoch = try await index.agreedEpoch()
        let count = try await bring(since: nil, settledFor: .zero) { jobs in jobs }
        guard try await index.agreedEpoch() == epoch else { return count }
        try await index.markLoaded(epoch)
        logger.notice("rebuilt the index from the journal", metadata: ["jobs": "\(count)"])
        return count
    }

    /// Brings the open jobs that Redis does not hold.
    ///
    /// - Returns: How many were brought.
    @discardableResult
    func sweep(since: Date?) async throws -> Int {
        let count = try await bring(since: since, settledFor: Self.settledAfter) { jobs in
            let places = try await index.places(of: jobs.map { (queue: $0.job.queue, id: $0.job.id) })
            let missing = zip(jobs, places).filter { $0.1 == .absent }.map(\.0)
            // A job that was acknowledged since the page was read has its outcome by now.
            let finished = try await journal.finished(among: missing.map(\.job.id))
            return missing.filter { !finished.contains($0.job.id) }
        }
        if count > 0 {
            logger.notice("enqueued accepted jobs that Redis did not hold", metadata: ["jobs": "\(count)"])
        }
        return count
    }

    private func bring(
        since: Date?,
        settledFor: Duration,
        choose: ([JobJournal.OpenJob]) async throws -> [JobJournal.OpenJob]
    ) async throws -> Int {
        var count = 0
        var cursor: UUID?
        while true {
            let jobs = try await journal.openJobs(
                submittedSince: since,
                settledFor: settledFor,
                after: cursor,
                limit: Self.page
            )
            let chosen = try await choose(jobs)
            // Marked before they are there, or a worker might start one.
            try await index.markCancelled(chosen.filter(\.isToBeCancelled).map(\.job.id))
            count += try await index.enqueue(
                chosen.map { .init(job: $0.job, attemptsUsed: $0.attemptsUsed, isReloaded: true) }
            )
            guard jobs.count == Self.page else { return count }
            cursor = jobs.last?.job.id
        }
    }
}
