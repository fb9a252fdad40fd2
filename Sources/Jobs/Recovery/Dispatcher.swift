public import Logging
import FoundationEssentials
import Store

/// Brings accepted jobs to Redis that are not there: after a submitter died between commit and enqueue, while Redis
/// was away, and all of them after Redis lost its data.
public struct Dispatcher: Sendable {
    /// A submission that is older than this is no longer under way.
    static let settledAfter: Duration = .seconds(4)
    /// A transaction that began earlier than this has ended: each job is looked for again at this age.
    private static let endedAfter: Duration = .seconds(60)
    private static let page = 5000

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
        // When all was looked for.
        var last: Date?
        while !Task.isCancelled {
            do {
                let now = try await journal.now()
                if try await index.isLoaded() {
                    if let last {
                        for age in [Self.settledAfter, Self.endedAfter] {
                            // A little again of what was just looked for.
                            let since = last.addingTimeInterval(-age.seconds - 1)
                            try await sweep(since: since, settledFor: age)
                        }
                    } else {
                        try await sweep(since: nil)
                    }
                } else {
                    try await reload()
                }
                last = now
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
        var count = 0
        try await forEachOpenPage { count += try await bring($0) }
        guard try await index.agreedEpoch() == epoch else { return count }
        try await index.markLoaded(epoch)
        logger.notice("rebuilt the index from the journal", metadata: ["jobs": "\(count)"])
        return count
    }

    /// Brings the open jobs that Redis does not hold.
    ///
    /// - Parameters:
    ///   - since: Only those submitted, or opened again, from then on; nil for all.
    ///   - age: Only those submitted this long ago.
    /// - Returns: How many were brought.
    /// - Throws: The servers' errors.
    @discardableResult
    func sweep(since: Date?, settledFor age: Duration = settledAfter) async throws -> Int {
        var count = 0
        if let since {
            let open = try await journal.openJobs(submittedSince: since, settledFor: age)
            for start in stride(from: 0, to: open.count, by: 1000) {
                count += try await bring(missing: Array(open[start..<min(start + 1000, open.count)]))
            }
        } else {
            let settled = try await journal.now().addingTimeInterval(-age.seconds)
            try await forEachOpenPage { page in
                // What is under way is left to its submitter.
                let open = page.filter { $0.job.submittedAt <= settled }
                count += try await bring(missing: open.map { (queue: $0.job.queue, id: $0.job.id) })
            }
        }
        if count > 0 {
            logger.notice("enqueued accepted jobs that Redis did not hold", metadata: ["jobs": "\(count)"])
        }
        return count
    }

    /// Brings those of some jobs that Redis does not hold.
    private func bring(missing jobs: [(queue: String, id: UUID)]) async throws -> Int {
        let missing = try await index.missing(among: jobs).map { jobs[$0].id }
        guard !missing.isEmpty else { return 0 }
        // One that was acknowledged since they were listed has its outcome by now.
        return try await bring(try await journal.openJobs(among: missing))
    }

    private func bring(_ jobs: [JobJournal.OpenJob]) async throws -> Int {
        // Marked before they are there, or a worker might start one.
        try await index.markCancelled(jobs.filter(\.isToBeCancelled).map(\.job.id))
        var count = 0
        for start in stride(from: 0, to: jobs.count, by: 1000) {
            count += try await index.enqueue(
                jobs[start..<min(start + 1000, jobs.count)].map {
                    .init(job: $0.job, attemptsUsed: $0.attemptsUsed, isReloaded: true)
                }
            )
        }
        return count
    }

    private func forEachOpenPage(_ body: ([JobJournal.OpenJob]) async throws -> Void) async throws {
        var cursor: UUID?
        repeat {
            let page = try await journal.openJobs(after: cursor, page: Self.page)
            if !page.jobs.isEmpty { try await body(page.jobs) }
            cursor = page.end
        } while cursor != nil
    }
}
