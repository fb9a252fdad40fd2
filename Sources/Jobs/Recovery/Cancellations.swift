import FoundationEssentials
import Logging
import Store

/// Carries out wishes to take jobs back that are noted in the journal.
///
/// A job that waits is claimed, so that no worker can start it, and then gets its outcome; one that runs is marked,
/// and its worker interrupts it. Repeating all of it changes nothing.
struct Cancellations: Sendable {
    private static let lease: Duration = .seconds(10)
    private static let page = 500

    let journal: JobJournal
    let index: LiveIndex

    /// Carries out what is noted.
    ///
    /// - Parameter job: Only about this one; nil for all.
    /// - Returns: How many jobs got their outcome.
    /// - Throws: The servers' errors.
    @discardableResult
    func apply(to job: UUID? = nil) async throws -> Int {
        let wishes = try await journal.cancellations(of: job, limit: Self.page)
        guard !wishes.isEmpty else { return 0 }
        let canceller = "canceller-\(UUID().text.prefix(8))"
        var takings = try await index.takeBack(wishes, as: canceller, lease: Self.lease)
        let absent = zip(wishes, takings).filter { $0.1 == .absent }.map(\.0)
        if !absent.isEmpty {
            // Brought to Redis first: whoever else is just bringing them must not find the place free.
            try await bring(absent.map(\.jobID))
            takings = try await index.takeBack(wishes, as: canceller, lease: Self.lease)
        }
        var attempts: [AttemptRecord] = []
        for (wish, taking) in zip(wishes, takings) {
            guard case .taken(let fence, let at) = taking else { continue }
            attempts.append(Self.outcome(of: wish, fence: fence, at: at))
        }
        let verdicts = try await journal.record(attempts)
        let claims = zip(attempts, verdicts).filter { $0.1 != .outdated }
        _ = try await index.settle(
            claims.map { (queue: $0.0.queue, job: $0.0.jobID, fence: $0.0.fence, how: .done) }
        )
        return claims.count
    }

    private func bring(_ jobs: [UUID]) async throws {
        let entries = try await journal.openJobs(among: jobs).map {
            LiveIndex.Entry(job: $0.job, attemptsUsed: $0.attemptsUsed, isReloaded: true)
        }
        try await index.enqueue(entries)
    }

    static func outcome(of wish: CancellationRecord, fence: Int64, at: Date) -> AttemptRecord {
        AttemptRecord(
            jobID: wish.jobID,
            fence: fence,
            attempt: 0,
            queue: wish.queue,
            workerID: nil,
            startedAt: at,
            duration: .zero,
            status: .cancelled,
            isTerminal: true,
            failure: .init(
                code: wish.isSuperseded ? "superseded" : "cancelled",
                message: wish.isSuperseded
                    ? "\(wish.requestedBy) took its place"
                    : "taken back by \(wish.requestedBy) before it ran",
                isRetryable: false
            ),
            holdsDedupeKey: wish.holdsDedupeKey
        )
    }
}
