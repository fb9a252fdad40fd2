internal import Synchronization

/// Does a piece of work once for all who want its result at the same time.
///
/// Who waits may be cancelled without ending the work, which others may wait for, too.
package final class SingleFlight<Value: Sendable>: Sendable {
    private enum Waiter {
        case waiting(CheckedContinuation<Result<Value, AWSError>, Never>)
        case cancelled
    }

    private struct State {
        var isRunning = false
        var waiters: [UInt64: Waiter] = [:]
        var nextID: UInt64 = 0
    }

    private let state = Mutex(State())
    private let work: @Sendable () async throws(AWSError) -> Value

    /// - Parameter work: Must end in bounded time by itself.
    package init(_ work: @escaping @Sendable () async throws(AWSError) -> Value) { self.work = work }

    /// Starts the work unless it is under way.
    func start() {
        let isFirst = state.withLock { state in
            defer { state.isRunning = true }
            return !state.isRunning
        }
        guard isFirst else { return }
        // Unstructured: it must outlive the one who happened to come first.
        Task {
            let result: Result<Value, AWSError>
            do throws(AWSError) { result = .success(try await work()) } catch { result = .failure(error) }
            finish(result)
        }
    }

    /// Starts the work or joins it, and waits for its result.
    package func run() async throws(AWSError) -> Value {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isCancelled = state.withLock { state in
                    guard state.waiters.removeValue(forKey: id) == nil else { return true }
                    state.waiters[id] = .waiting(continuation)
                    return false
                }
                guard !isCancelled else {
                    continuation.resume(returning: .failure(Self.cancelled))
                    return
                }
                start()
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.waiters.removeValue(forKey: id)
                if waiter == nil { state.waiters[id] = .cancelled }
                return waiter
            }
            if case .waiting(let continuation) = waiter {
                continuation.resume(returning: .failure(Self.cancelled))
            }
        }
        // A cancellation that came after the end has left its mark.
        state.withLock { state in _ = state.waiters.removeValue(forKey: id) }
        return try result.get()
    }

    private func finish(_ result: Result<Value, AWSError>) {
        let waiting = state.withLock { state in
            state.isRunning = false
            var waiting: [CheckedContinuation<Result<Value, AWSError>, Never>] = []
            state.waiters = state.waiters.filter { entry in
                guard case .waiting(let continuation) = entry.value else { return true }
                waiting.append(continuation)
                return false
            }
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: result) }
    }

    private static var cancelled: AWSError {
        AWSError(.cancelled, "cancelled while waiting for another call")
    }
}
