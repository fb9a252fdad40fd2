import Synchronization

/// What clients were told.
final class Ledger: Sendable {
    /// Counts of answers.
    struct Counts: Sendable {
        var ids: Set<String> = []
        var repeated = 0
        var refusals: [String] = []
        var unavailable = 0
        var unanswered = 0
        var cancelled = 0
    }

    private let counts = Mutex(Counts())
    private let closed = Mutex(false)

    var now: Counts { counts.withLock(\.self) }

    /// Whether no more jobs are to be submitted.
    var isClosed: Bool { closed.withLock(\.self) }

    func close() {
        closed.withLock { $0 = true }
    }

    func accepted(_ id: String, _ status: Int) {
        counts.withLock { counts in
            counts.ids.insert(id)
            if status == 200 { counts.repeated += 1 }
        }
    }

    func refused(_ text: String) {
        counts.withLock { $0.refusals.append(text) }
    }

    func unavailable() {
        counts.withLock { $0.unavailable += 1 }
    }

    func unanswered() {
        counts.withLock { $0.unanswered += 1 }
    }

    func cancelled() {
        counts.withLock { $0.cancelled += 1 }
    }
}
