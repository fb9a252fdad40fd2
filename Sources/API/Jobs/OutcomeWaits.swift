import FoundationEssentials
import Logging
import ServiceLifecycle
import Store

/// Lets requests wait for outcomes: one question to PostgreSQL serves all who wait in this process.
actor OutcomeWaits {
    private static let interval: Duration = .milliseconds(40)

    private let journal: JobJournal
    private let logger: Logger
    private var waiting: [UUID: [UUID: CheckedContinuation<Void, Never>]] = [:]
    private var isAsking = false

    init(journal: JobJournal, logger: Logger) {
        self.journal = journal
        self.logger = logger
    }

    /// Returns once the job has its outcome, or the time is over, or the request was given up.
    func wait(for job: UUID, atMost limit: Duration) async {
        let waiter = UUID()
        let timer = Task {  // structured in effect: cancelled below, before this method returns
            try? await Task.sleep(for: limit)
            self.leave(job, waiter)
        }
        defer { timer.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume() }
                waiting[job, default: [:]][waiter] = continuation
                ask()
            }
        } onCancel: {
            Task { await self.leave(job, waiter) }  // the handler cannot await the actor
        }
    }

    /// The same, for a server that answers with what it knows when it shuts down.
    nonisolated func waitOrShutDown(for job: UUID, atMost limit: Duration) async {
        await cancelWhenGracefulShutdown { await self.wait(for: job, atMost: limit) }
    }

    private func leave(_ job: UUID, _ waiter: UUID) {
        waiting[job]?.removeValue(forKey: waiter)?.resume()
        if waiting[job]?.isEmpty == true { waiting[job] = nil }
    }

    private func ask() {
        guard !isAsking else { return }
        isAsking = true
        // Unstructured on purpose: it serves all waiters and ends with the last.
        Task { await askUntilNobodyWaits() }
    }

    private func askUntilNobodyWaits() async {
        var pause = Self.interval
        while !waiting.isEmpty {
            do {
                for job in try await journal.finished(among: Array(waiting.keys)) {
                    for waiter in waiting.removeValue(forKey: job)?.values ?? [:].values { waiter.resume() }
                }
                pause = Self.interval
            } catch {
                logger.debug("could not ask for outcomes", metadata: ["error": "\(error)"])
                pause = min(pause * 2, .seconds(2))
            }
            try? await Task.sleep(for: pause)  // never cancelled
        }
        isAsking = false
    }
}
