public import FoundationEssentials
public import Store

extension JobQueue {
    /// Accepts jobs in one transaction with whatever else the body writes: both are there, or neither.
    ///
    /// The body may be run twice. Redis hears of the jobs after the commit.
    ///
    /// - Parameter body: Gets the transaction.
    /// - Returns: What the body returns, once it is committed.
    /// - Throws: What the body throws, and then nothing was written; `PostgresError`, of which `outcomeUnknown` says
    ///   whether it may have been.
    public func transaction<Value>(
        _ body: (JobTransaction) async throws -> Value
    ) async throws -> Value {
        let started = ContinuousClock.now
        let (value, transaction) = try await journal.withTransaction { store in
            let transaction = JobTransaction(store, journal)
            return (try await body(transaction), transaction)
        }
        await Self.enqueue(
            transaction.accepted,
            transaction.supersedes,
            since: started,
            journal: journal,
            index: index,
            logger: logger
        )
        return value
    }
}

/// A transaction that accepts jobs; not to be used after its end.
public final class JobTransaction {
    /// For whatever else is to be written.
    public let store: StoreTransaction
    private let journal: JobJournal
    private(set) var accepted: [JobRecord] = []
    private(set) var supersedes = false

    init(_ store: StoreTransaction, _ journal: JobJournal) {
        self.store = store
        self.journal = journal
    }

    /// Accepts jobs item by item; a refused one does not hold back the others.
    ///
    /// Those of a transaction must come in one call: two transactions that took keys in different orders would wait
    /// for each other.
    ///
    /// - Parameters:
    ///   - submissions: What is asked for.
    ///   - now: For the checks of times.
    /// - Returns: One result for each, in order; they hold once the transaction is committed.
    /// - Throws: `PostgresError`.
    public func submit(
        _ submissions: [JobSubmission],
        at now: Date
    ) async throws -> [Result<AcceptanceVerdict, SubmissionError>] {
        let checked = submissions.map { submission in
            Result { () throws(SubmissionError) in try submission.accepted(at: now) }
        }
        let acceptances = checked.compactMap { try? $0.get() }  // the others are in the answer
        let verdicts = try await journal.accept(acceptances, in: store)
        accepted += verdicts.compactMap(\.accepted)
        supersedes = supersedes || acceptances.contains { $0.whenDuplicate == .latest }
        var next = verdicts.makeIterator()
        return checked.map { result in
            result.map { acceptance in next.next() ?? .existing(acceptance.record.id) }
        }
    }
}

extension AcceptanceVerdict {
    /// The job, if there is a new one.
    var accepted: JobRecord? {
        guard case .accepted(let job) = self else { return nil }
        return job
    }

    /// The job that the submission became, or that stands for it.
    public var jobID: UUID {
        switch self {
        case .accepted(let job): job.id
        case .existing(let id), .idempotencyConflict(let id), .duplicate(let id): id
        }
    }
}
