public import Dispatch

/// A serial executor over one private serial dispatch queue.
///
/// An actor that owns a C handle runs on one of these, so that a C call which blocks parks a dispatch
/// thread and never one of the few threads of the cooperative pool. A `DispatchSource` may share ``queue``.
public final class QueueExecutor: SerialExecutor {
    /// The queue every job of the owning actor runs on.
    public let queue: DispatchQueue

    /// Makes an executor with a queue of its own.
    ///
    /// - Parameter label: The queue's name, as shown by debuggers.
    public init(label: String) {
        queue = DispatchQueue(label: label)
    }

    /// Runs a job of the owning actor on the queue.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedSerialExecutor()
        queue.async { job.runSynchronously(on: executor) }
    }

    /// Traps unless called on the queue.
    public func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}
