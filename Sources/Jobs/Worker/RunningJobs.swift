import Synchronization

/// The claims a worker holds, from claim to settlement, and the way to interrupt their handlers.
///
/// Each job has one task. A handler is interrupted by cancelling that task; why is asked when it has returned.
final class RunningJobs: Sendable {
    /// Why a handler is interrupted.
    enum Interruption: Sendable {
        /// Somebody else may hold the job by now: its result is worth nothing.
        case leaseLost
        /// The worker shuts down and its patience is over.
        case draining
        /// Somebody took the job back.
        case cancelled
        /// Its deadline passed.
        case deadline
    }

    private struct Entry {
        let lease: Lease
        let deadline: ContinuousClock.Instant?
        var task: Task<Void, Never>?
        var interruption: Interruption?
        var hasReturned = false
        var isLost = false
    }

    /// By fencing token: a job that was lost and claimed again may run twice here, until the first run is interrupted.
    private let entries = Mutex<[Int64: Entry]>([:])
    /// No deadline ahead comes before it: most looks need no more.
    private let soonest = Mutex<ContinuousClock.Instant?>(nil)

    /// Takes a claim in, and runs its job in a task of its own.
    ///
    /// - Parameters:
    ///   - lease: The claim.
    ///   - deadline: When the handler is to be interrupted.
    ///   - body: Runs the job.
    func start(
        _ lease: Lease,
        deadline: ContinuousClock.Instant?,
        _ body: @escaping @Sendable () async -> Void
    ) {
        entries.withLock { entries in
            // Unstructured on purpose: it is interrupted alone, and the worker waits for all when it drains.
            let task = Task { await body() }
            entries[lease.fence] = Entry(lease: lease, deadline: deadline, task: task)
        }
        guard let deadline else { return }
        soonest.withLock { $0 = min($0 ?? deadline, deadline) }
    }

    /// Notes that a handler has returned: from now on it is not interrupted.
    ///
    /// - Returns: Why it was interrupted; nil if it was not.
    func returned(fence: Int64) -> Interruption? {
        entries.withLock { entries in
            entries[fence]?.hasReturned = true
            return entries[fence]?.interruption
        }
    }

    /// Forgets a claim that is settled.
    ///
    /// - Returns: The claim; nil if it was not held.
    @discardableResult
    func settled(fence: Int64) -> Lease? {
        entries.withLock { $0.removeValue(forKey: fence)?.lease }
    }

    /// Interrupts a handler whose lease was lost.
    ///
    /// - Returns: Whether it is news: it is heard at every beat until the handler has returned. A claim that is
    ///   being settled is not lost, if Redis knows it no more.
    func lost(_ lease: Lease) -> Bool {
        entries.withLock { entries in
            guard let entry = entries[lease.fence], !entry.hasReturned, !entry.isLost else { return false }
            entries[lease.fence]?.isLost = true
            Self.interrupt(lease.fence, .leaseLost, &entries)
            return true
        }
    }

    /// Interrupts one handler.
    func interrupt(_ lease: Lease, because reason: Interruption) {
        entries.withLock { Self.interrupt(lease.fence, reason, &$0) }
    }

    /// Interrupts all handlers.
    func interruptAll(because reason: Interruption) {
        entries.withLock { entries in
            for fence in entries.keys { Self.interrupt(fence, reason, &entries) }
        }
    }

    /// Interrupts the handlers whose deadline has passed.
    func interruptOverdue(at now: ContinuousClock.Instant) {
        let isDue = soonest.withLock { soonest in
            guard let first = soonest, first <= now else { return false }
            // What starts meanwhile sets it again.
            soonest = nil
            return true
        }
        guard isDue else { return }
        let next: ContinuousClock.Instant? = entries.withLock { entries in
            var next: ContinuousClock.Instant?
            for (fence, entry) in entries {
                guard let deadline = entry.deadline else { continue }
                if deadline <= now {
                    Self.interrupt(fence, .deadline, &entries)
                } else {
                    next = min(next ?? deadline, deadline)
                }
            }
            return next
        }
        guard let next else { return }
        soonest.withLock { $0 = min($0 ?? next, next) }
    }

    private static func interrupt(_ fence: Int64, _ reason: Interruption, _ entries: inout [Int64: Entry]) {
        guard let entry = entries[fence], !entry.hasReturned, entry.interruption == nil else { return }
        entries[fence]?.interruption = reason
        entry.task?.cancel()
    }

    /// All claims held.
    var leases: [Lease] { entries.withLock { $0.values.map(\.lease) } }
}
