internal import CCurl
internal import Synchronization

/// How other threads speak to the engine's thread.
///
/// Only the message that makes an empty mailbox non-empty wakes the engine: a burst costs one wake-up.
final class Mailbox: Sendable {
    enum Message: Sendable {
        case start(Transfer)
        case cancel(Transfer)
        case unpause(Transfer)
        case stop
    }

    private struct State {
        var messages: [Message] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    /// `nonisolated(unsafe)`: set once, and used only for `curl_multi_wakeup`, which any thread may call until
    /// the multi handle is cleaned up; the lock and `isClosed` put that after the last call.
    private nonisolated(unsafe) let multi: OpaquePointer

    init(multi: OpaquePointer) {
        self.multi = multi
    }

    /// Leaves a message; `false` once the engine has stopped.
    @discardableResult
    func post(_ message: Message) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.messages.append(message)
            // Inside the lock on purpose (see `multi`); it writes one byte to a socket and never blocks.
            if state.messages.count == 1 { curl_multi_wakeup(UnsafeMutableRawPointer(multi)) }
            return true
        }
    }

    func takeAll() -> [Message] {
        state.withLock { state in
            var messages: [Message] = []
            swap(&messages, &state.messages)
            return messages
        }
    }

    /// Refuses messages from now on, and returns the last ones.
    func close() -> [Message] {
        state.withLock { state in
            state.isClosed = true
            var messages: [Message] = []
            swap(&messages, &state.messages)
            return messages
        }
    }
}
