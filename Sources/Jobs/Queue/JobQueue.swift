public import FoundationEssentials
public import Logging
import Redis
public import Store

/// The one way in: every job, from HTTP, the clock or an AWS event, passes ``submit(_:)``.
///
/// ## Guarantees
/// - After ``submit(_:)`` returned an acceptance, the job is committed in PostgreSQL and will get an outcome.
/// - Redis may be away meanwhile: the dispatcher brings the job there later.
public final class JobQueue: Sendable {
    /// The truth about jobs.
    public let journal: JobJournal
    /// The live ones.
    public let index: LiveIndex
    private let batcher: AcceptanceBatcher
    private let gate: AdmissionGate
    let logger: Logger

    /// - Parameters:
    ///   - journal: The truth about jobs.
    ///   - index: The live ones.
    ///   - limit: How many jobs of a queue may be live before clients are refused.
    ///   - logger: For what goes wrong after a commit.
    public convenience init(journal: JobJournal, index: LiveIndex, limit: Int = 1_000_000, logger: Logger) {
        self.init(journal: journal, index: index, limit: limit, logger: logger) { _ in }
    }

    /// - Parameters:
    ///   - journal: The truth about jobs.
    ///   - index: The live ones.
    ///   - limit: How many jobs of a queue may be live before clients are refused.
    ///   - logger: For what goes wrong after a commit.
    ///   - onCommit: Hears of single submissions once PostgreSQL has committed them, before Redis does.
    package init(
        journal: JobJournal,
        index: LiveIndex,
        limit: Int = 1_000_000,
        logger: Logger,
        onCommit: @escaping @Sendable ([JobRecord]) -> Void
    ) {
        self.journal = journal
        self.index = index
        self.logger = logger
        gate = AdmissionGate(limit: limit) { try await index.liveJobs(of: $0) }
        batcher = AcceptanceBatcher { acceptances in
            try await Self.commit(acceptances, journal: journal, index: index, logger: logger, onCommit)
        }
    }

    /// Refuses what clients send to a queue that is full; what the fleet itself submits is always taken.
    ///
    /// - Throws: ``QueueFull``.
    public func admit(_ count: Int = 1, to queue: String) async throws(QueueFull) {
        try await gate.admit(count, to: queue)
    }

    /// Accepts one job.
    ///
    /// - Throws: ``SubmissionError`` for what the client got wrong; `PostgresError` if it could not be committed.
    public func submit(_ submission: JobSubmission) async throws -> AcceptanceVerdict {
        try await batcher.accept(try submission.accepted(at: Date()))
    }

    /// Accepts jobs item by item; a refused one does not hold back the others.
    ///
    /// - Parameters:
    ///   - submissions: What is asked for.
    ///   - now: For the checks of times; the clock has PostgreSQL's.
    /// - Returns: One result for each, in order.
    /// - Throws: `PostgresError` if they could not be committed: then none was accepted.
    public func submit(
        batch submissions: [JobSubmission],
        at now: Date = Date()
    ) async throws -> [Result<AcceptanceVerdict, SubmissionError>] {
        var acceptances: [JobAcceptance] = []
        let checked = submissions.map { submission in
            Result { () throws(SubmissionError) in try submission.accepted(at: now) }
        }
        for case .success(let acceptance) in checked { acceptances.append(acceptance) }
        let verdicts = try await Self.commit(acceptances, journal: journal, index: index, logger: nil)
        var next = verdicts.makeIterator()
        return checked.map { result in
            result.map { acceptance in next.next() ?? .existing(acceptance.record.id) }
        }
    }

    private static func commit(
        _ acceptances: [JobAcceptance],
        journal: JobJournal,
        index: LiveIndex,
        logger: Logger?,
        _ onCommit: @Sendable ([JobRecord]) -> Void = { _ in }
    ) async throws -> [AcceptanceVerdict] {
        let started = ContinuousClock.now
        let verdicts = try await journal.accept(acceptances)
        let accepted = verdicts.compactMap(\.accepted)
        onCommit(accepted)
        let supersedes = acceptances.contains { $0.whenDuplicate == .latest }
        await enqueue(accepted, supersedes, since: started, journal: journal, index: index, logger: logger)
        return verdicts
    }

    /// Brings committed jobs to Redis.
    ///
    /// - Parameters:
    ///   - accepted: The jobs.
    ///   - supersedes: Whether one of them took the place of another.
    ///   - started: When their transaction began.
    ///   - journal: The truth about jobs.
    ///   - index: The live ones.
    ///   - logger: For what goes wrong.
    static func enqueue(
        _ accepted: [JobRecord],
        _ supersedes: Bool,
        since started: ContinuousClock.Instant,
        journal: JobJournal,
        index: LiveIndex,
        logger: Logger?
    ) async {
        guard !accepted.isEmpty || supersedes else { return }
        TypeMetrics.accepted(accepted)
        // Late enough, and the dispatcher may have brought it to Redis, and a worker run it: say so.
        let isLate = ContinuousClock.now - started > Dispatcher.settledAfter / 2
        do {
            try await index.enqueue(accepted.map { .init(job: $0, isReloaded: isLate) })
            if supersedes {
                try await Cancellations(journal: journal, index: index).apply()
            }
        } catch {
            // They are accepted all the same: the dispatcher enqueues what Redis does not hold.
            logger?.warning(
                "left accepted jobs to the dispatcher",
                metadata: ["jobs": "\(accepted.count)", "error": "\(error)"]
            )
        }
    }
}
