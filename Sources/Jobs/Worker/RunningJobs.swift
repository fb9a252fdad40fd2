import Synchronization

/// The claims a worker holds, from claim to settlement, and the way to interrupt their handlers.
final class RunningJobs: Sendable {
    /// Why a handler is interrupted.
    enum Interruption: Sendable {
        /// Somebody else may hold the job by now: its result is worth nothing.
        case leaseLost
        /// The worker shuts down and its patience is over.
        case draining
        /// Somebody took the job back.
        case cancelled
    }

    private struct Entry {
        let lease: Lease
        let interruptions: AsyncStream<Interruption>.Continuation
    }

    /// By fencing token: a job that was lost and claimed again may run twice here, until the first run is interrupted.
    private let entries = Mutex<[Int64: Entry]>([:])

    /// Takes a claim in.
    ///
    /// - Returns: What its handler has to listen to.
    func started(_ lease: Lease) -> AsyncStream<Interruption> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Interruption.self,
            bufferingPolicy: .bufferingOldest(1)
        )
        entries.withLock { $0[lease.fence] = Entry(lease: lease, interruptions: continuation) }
        return stream
    }

    /// Forgets a claim that is settled.
    func settled(fence: Int64) {
        entries.withLock { $0.removeValue(forKey: fence) }?.interruptions.finish()
    }

    /// Interrupts one handler.
    func interrupt(_ lease: Lease, because reason: Interruption) {
        _ = entries.withLock { $0[lease.fence]?.interruptions.yield(reason) }
    }

    /// Interrupts all handlers.
    func interruptAll(because reason: Interruption) {
        entries.withLock { entries in
            for entry in entries.values { entry.interruptions.yield(reason) }
        }
    }

    /// All claims held.
    var leases: [Lease] { entries.withLock { $0.values.map(\.lease) } }
}
