import FoundationEssentials
import Logging
import Store

/// Finds claims whose worker died and offers their jobs again.
///
/// Every worker runs one; they do not mind each other. The claim's row in the journal is written first, as `lost`:
/// from then on its late result has no place, and only then the job is offered to another worker.
struct LeaseReaper: Sendable {
    /// A job that cost this many workers is set aside.
    static let poisonAfter = 3

    let journal: JobJournal
    let index: LiveIndex
    let queues: [String]
    let logger: Logger

    /// Looks more than once a second until cancelled.
    func run() async {
        while !Task.isCancelled {
            do {
                while try await reap() > 0 {}
            } catch {
                logger.debug("could not look for ended leases", metadata: ["error": "\(error)"])
            }
            // Cancellation ends the loop.
            try? await Task.sleep(for: .milliseconds(Int.random(in: 500...900)))
        }
    }

    /// Recovers what has ended by now.
    ///
    /// - Returns: How many claims were ended.
    @discardableResult
    func reap() async throws -> Int {
        let claims = try await index.expiredClaims(queues: queues, limit: 200)
        guard !claims.isEmpty else { return 0 }
        let now = Date(millisecondsSince1970: try await index.time())
        let attempts = claims.map { Self.attempt(for: $0, at: now) }
        let verdicts = try await journal.record(attempts)
        var settlements: [(queue: String, job: UUID, fence: Int64, how: LiveIndex.Settlement)] = []
        for ((claim, attempt), verdict) in zip(zip(claims, attempts), verdicts) {
            guard let how = Self.settlement(of: attempt, verdict: verdict) else { continue }
            settlements.append((queue: claim.job.queue, job: claim.job.id, fence: claim.fence, how: how))
            logger.warning(
                attempt.isTerminal ? "set aside a job that keeps losing its worker" : "recovered a lost job",
                metadata: [
                    "job.id": "\(claim.job.id.text)", "job.type": "\(claim.job.type)",
                    "worker.id": "\(claim.worker)",
                ]
            )
        }
        return try await index.settle(settlements).filter { $0 }.count
    }

    static func attempt(for claim: LiveIndex.ExpiredClaim, at now: Date) -> AttemptRecord {
        let isPoison = claim.workersLost + 1 >= poisonAfter
        let failure =
            isPoison
            ? AttemptRecord.Failure(
                code: "poison",
                message: "set aside: \(claim.workersLost + 1) workers were lost while running it",
                isRetryable: false
            )
            : AttemptRecord.Failure(
                code: "worker_lost",
                message: "the worker's lease ended before the job did",
                isRetryable: true
            )
        return AttemptRecord(
            jobID: claim.job.id,
            fence: claim.fence,
            attempt: claim.attemptsUsed + 1,
            queue: claim.job.queue,
            workerID: claim.worker,
            startedAt: claim.claimedAt,
            duration: .seconds(max(0, now.timeIntervalSince(claim.claimedAt))),
            status: isPoison ? .failed : .lost,
            isTerminal: isPoison,
            isDead: isPoison,
            failure: failure,
            holdsDedupeKey: claim.job.dedupeKey != nil
        )
    }

    /// What to do with a claim, by what the journal says of it.
    static func settlement(of attempt: AttemptRecord, verdict: AttemptVerdict) -> LiveIndex.Settlement? {
        switch verdict {
        case .recorded: attempt.isTerminal ? .done : .recover
        // Its worker recorded the end and died before it could acknowledge.
        case .alreadyFinished, .claimSettled(_, isTerminal: true): .done
        case .claimSettled(.released, _): .release
        case .claimSettled(.lost, _): .recover
        case .claimSettled: .retry(after: .zero)
        case .outdated: nil
        }
    }
}
