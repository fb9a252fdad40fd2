import FoundationEssentials
import Logging
import Store

/// Makes partitions ahead of time, and drops what was kept long enough.
struct Maintenance: Sendable {
    private static let daysAhead = 7
    private static let batch = 5000

    let store: RetentionStore
    let plan: RetentionPlan
    let logger: Logger

    /// Works every hour until cancelled.
    func run() async {
        while !Task.isCancelled {
            var isDone = await attempt("make partitions") {
                try await store.makePartitions(ahead: Self.daysAhead)
            }
            for kind in RetentionStore.Kind.allCases {
                isDone = await attempt("look for old days") { try await drop(kind) } && isDone
            }
            isDone = await attempt("forget old keys") { try await forgetKeys() } && isDone
            for rows in RetentionStore.Rows.allCases {
                isDone = await attempt("forget old rows") { try await forget(rows) } && isDone
            }
            // Cancellation ends the loop.
            try? await Task.sleep(for: isDone ? .seconds(3600) : .seconds(30))
        }
    }

    /// One day that cannot be dropped does not keep the others.
    private func drop(_ kind: RetentionStore.Kind) async throws {
        let now = try await store.now()
        var failure: (any Error)?
        for day in plan.expired(try await store.days(of: kind), of: kind, at: now) {
            do {
                let drop = try await store.drop(day, of: kind)
                say(drop, day, kind)
            } catch {
                try Task.checkCancellation()
                failure = error
            }
        }
        if let failure { throw failure }
    }

    private func say(_ drop: RetentionStore.Drop, _ day: String, _ kind: RetentionStore.Kind) {
        let metadata: Logger.Metadata = ["table": "\(kind.rawValue)", "day": "\(day)"]
        switch drop {
        case .dropped: logger.notice("dropped a day", metadata: metadata)
        case .holdsOpenJobs:
            logger.warning("an old day stays: a job in it has no outcome", metadata: metadata)
        }
    }

    private func forgetKeys() async throws {
        try await inBatches { limit in try await store.forgetKeys(olderThan: plan.jobDays, limit: limit) }
    }

    private func forget(_ rows: RetentionStore.Rows) async throws {
        try await inBatches { limit in try await store.forget(rows, olderThan: plan.jobDays, limit: limit) }
    }

    /// Repeats what does so many at a time, with pauses in which others come to their work.
    private func inBatches(_ body: (_ limit: Int) async throws -> Int) async throws {
        while try await body(Self.batch) == Self.batch { try await Task.sleep(for: .milliseconds(100)) }
    }

    private func attempt(_ what: String, _ body: () async throws -> Void) async -> Bool {
        do {
            try await body()
            return true
        } catch {
            guard !Task.isCancelled else { return true }
            logger.warning("could not \(what)", metadata: ["error": "\(error)"])
            return false
        }
    }
}
