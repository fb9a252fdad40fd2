import Synchronization

/// Decides whether a cancellation belongs to the statement that runs now.
///
/// Every call draws a ticket. A cancellation names its ticket, and is heard only while the connection works on
/// that call; one that comes too late finds another ticket, or none, and does nothing.
final class StatementGate: Sendable {
    private struct State {
        var lastTicket: UInt64 = 0
        var running: UInt64?
        var isCancelRequested = false
        var cancelsInFlight = 0
    }

    let wake: WakePipe
    private let state = Mutex(State())

    init() throws(PostgresError) { wake = try WakePipe() }

    func drawTicket() -> UInt64 {
        state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
    }

    func begin(_ ticket: UInt64) {
        state.withLock { state in
            state.running = ticket
            state.isCancelRequested = false
        }
    }

    func end() {
        state.withLock { state in
            state.running = nil
            state.isCancelRequested = false
        }
    }

    /// Called from any thread.
    func cancel(_ ticket: UInt64) {
        let isRunning = state.withLock { state in
            guard state.running == ticket else { return false }
            state.isCancelRequested = true
            return true
        }
        if isRunning { wake.signal() }
    }

    var isCancelRequested: Bool { state.withLock(\.isCancelRequested) }
    /// Whether a cancel request is on its way to the server; until it has arrived no other statement may start.
    var isCancelInFlight: Bool { state.withLock { $0.cancelsInFlight > 0 } }

    func cancelSent() { state.withLock { $0.cancelsInFlight += 1 } }

    /// Called from the thread that delivered the request.
    func cancelArrived() {
        state.withLock { $0.cancelsInFlight -= 1 }
        wake.signal()
    }
}
