import Logging
import Synchronization

extension PostgresPool {
    /// Waits for a connection; ``giveBack(_:_:)`` must follow.
    func lease(
        _ file: String,
        _ line: Int
    ) async throws(PostgresError) -> (PoolStateMachine.ConnectionID, PostgresConnection) {
        let deadline = ContinuousClock.now + waitLimit
        while true {
            switch await loan(until: deadline) {
            case .failure(let error): throw error.located(file, line)
            case .connection(let id, let connection, .none):
                if connection.isReusable { return (id, connection) }
                giveBack(id, connection)
            case .connection(let id, let connection, let check):
                if await connection.isHealthy(roundTrip: check == .server) { return (id, connection) }
                giveBack(id, connection)
            }
        }
    }

    /// Takes a connection back; one in doubt is closed.
    func giveBack(_ id: PoolStateMachine.ConnectionID, _ connection: PostgresConnection) {
        let isReusable = connection.isReusable
        if !isReusable {
            logger.debug("connection discarded", metadata: ["db.connection.id": "\(id)"])
        }
        perform { $0.connectionReturned(id, isReusable: isReusable, now: .now) }
    }

    private func loan(until deadline: ContinuousClock.Instant) async -> Loan {
        let waiter = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                perform(
                    preparing: { state in state.waiters[waiter] = continuation },
                    { machine in
                        // Cancelled before: the handler has found nobody. Afterwards: it waits for this lock.
                        if Task.isCancelled { return [.fail(waiter, .cancelled)] }
                        return machine.waiterArrived(waiter, deadline: deadline, now: .now)
                    }
                )
            }
        } onCancel: {
            perform { $0.waiterCancelled(waiter) }
        }
    }

    /// Tells the machine what happened and does what it says, continuations outside of the lock.
    ///
    /// - Returns: Connections taken out of the pool; they close by themselves if nobody does.
    @discardableResult
    func perform(
        preparing: (inout State) -> Void = { _ in },
        _ event: (inout PoolStateMachine) -> [PoolStateMachine.Action]
    ) -> [PostgresConnection] {
        var loans: [(CheckedContinuation<Loan, Never>, Loan)] = []
        var attempts: [PoolStateMachine.ConnectionID] = []
        var closed: [PostgresConnection] = []
        state.withLock { state in
            preparing(&state)
            for action in event(&state.machine) {
                switch action {
                case .connect(let id): attempts.append(id)
                case .close(let id):
                    if let connection = state.connections.removeValue(forKey: id) {
                        closed.append(connection)
                    }
                case .lend(let id, let waiter, let check):
                    guard let continuation = state.waiters.removeValue(forKey: waiter),
                        let connection = state.connections[id]
                    else { preconditionFailure("lent connection \(id) to waiter \(waiter): unknown") }
                    loans.append((continuation, .connection(id, connection, check)))
                case .fail(let waiter, let failure):
                    guard let continuation = state.waiters.removeValue(forKey: waiter) else { continue }
                    loans.append((continuation, .failure(Self.error(failure, state.lastConnectError))))
                }
            }
            armTimer(&state)
        }
        for id in attempts { connect(id) }
        for (continuation, loan) in loans { continuation.resume(returning: loan) }
        return closed
    }

    private static func error(
        _ failure: PoolStateMachine.Failure,
        _ cause: PostgresError?
    ) -> PostgresError {
        switch failure {
        case .exhausted:
            PostgresError(code: .poolExhausted, message: "no connection became free within the wait limit")
        case .unreachable:
            cause ?? PostgresError(code: .connectionFailed, message: "the server cannot be reached")
        case .cancelled: PostgresError(code: .cancelled, message: "cancelled while waiting for a connection")
        case .closed: PostgresError(code: .closed, message: "the pool is closed")
        }
    }

    /// Makes a connection in a task of its own: it belongs to the pool, not to the caller whose need began it,
    /// and ends by the connect timeout.
    private func connect(_ id: PoolStateMachine.ConnectionID) {
        Task {
            do throws(PostgresError) {
                let connection = try await PostgresConnection.connect(configuration, logger: logger)
                logger.debug("connection opened", metadata: ["db.connection.id": "\(id)"])
                let refused = perform(preparing: { $0.connections[id] = connection }) { machine in
                    machine.connectionOpened(id, jitter: .random(in: 0...1), now: .now)
                }
                for connection in refused { await connection.close() }
            } catch {
                logger.debug("connecting failed", metadata: ["error": "\(error)"])
                perform(preparing: { $0.lastConnectError = error }) { machine in
                    machine.connectionFailed(id, jitter: .random(in: 0...1), now: .now)
                }
            }
        }
    }

    /// One timer for whatever comes first.
    ///
    /// A task of its own, ended when there is nothing to wait for.
    private func armTimer(_ state: inout State) {
        guard let due = state.machine.nextEvent else {
            state.timer?.task.cancel()
            state.timer = nil
            return
        }
        if let timer = state.timer, timer.due <= due { return }
        state.timer?.task.cancel()
        let task = Task { [weak self] in
            do { try await Task.sleep(until: due, clock: .continuous) } catch { return }
            self?.timerFired(due)
        }
        state.timer = (due, task)
    }

    private func timerFired(_ due: ContinuousClock.Instant) {
        perform(preparing: { state in if state.timer?.due == due { state.timer = nil } }) { machine in
            machine.timePassed(now: .now)
        }
    }
}
