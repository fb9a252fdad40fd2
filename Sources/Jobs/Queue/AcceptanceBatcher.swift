import Logging
import Postgres
import Store

/// Group commit: submissions that arrive while one batch is being committed become the next batch.
///
/// A single submission on an idle system is committed at once; many at a time share statements. There is no timer.
/// One batch at a time: two would be half as large each, and were measured to cost a third more for every submission.
actor AcceptanceBatcher {
    private typealias Waiter = (
        acceptance: JobAcceptance, resume: CheckedContinuation<AcceptanceVerdict, any Error>
    )

    private static let maximumBatch = 500

    private let commit: @Sendable ([JobAcceptance]) async throws -> [AcceptanceVerdict]
    private var waiting: [Waiter] = []
    private var isFlushing = false

    /// - Parameter commit: Commits a batch, all of it or nothing, and gives a verdict for each, in order.
    init(commit: @escaping @Sendable ([JobAcceptance]) async throws -> [AcceptanceVerdict]) {
        self.commit = commit
    }

    /// Waits until the acceptance was committed with whatever batch it fell into.
    func accept(_ acceptance: JobAcceptance) async throws -> AcceptanceVerdict {
        try await withCheckedThrowingContinuation { continuation in
            waiting.append((acceptance, continuation))
            startFlush()
        }
    }

    private func startFlush() {
        guard !isFlushing else { return }
        isFlushing = true
        // Unstructured on purpose: a batch belongs to all of its submitters, and must not end with one of them.
        Task { await flush() }
    }

    private func flush() async {
        while !waiting.isEmpty {
            let batch = Array(waiting.prefix(Self.maximumBatch))
            waiting.removeFirst(batch.count)
            await settle(batch)
        }
        isFlushing = false
    }

    private func settle(_ batch: [Waiter]) async {
        do {
            let verdicts = try await commit(batch.map(\.acceptance))
            for (waiter, verdict) in zip(batch, verdicts) { waiter.resume.resume(returning: verdict) }
        } catch {
            guard batch.count > 1, (error as? PostgresError)?.blamesValues ?? false else {
                for waiter in batch { waiter.resume.resume(throwing: error) }
                return
            }
            // One bad value fails its whole statement: let each answer for itself.
            for waiter in batch { await settle([waiter]) }
        }
    }
}
