internal import Synchronization

/// Carries one response from the engine's thread to the task that waits for it.
///
/// One consumer. The engine appends chunks until told to pause, and ends the channel exactly once; what comes
/// after the end is ignored.
final class ResponseChannel: Sendable {
    enum Event {
        case chunk(HTTPResponseHead, [UInt8], engineIsPaused: Bool)
        case end(Result<HTTPResponse, HTTPClientError>)
    }

    private struct State {
        var head: HTTPResponseHead?
        var bytes: [UInt8] = []
        var isPaused = false
        var result: Result<HTTPResponse, HTTPClientError>?
        var waiter: CheckedContinuation<Void, Never>?

        var hasEvent: Bool { !bytes.isEmpty || result != nil }
    }

    /// Bytes that may wait for the consumer before the transfer is paused.
    private static let highWater = 256 << 10
    private let state = Mutex(State())

    /// Takes bytes from the engine; `false` (and nothing taken) when the transfer must pause.
    func append(_ bytes: UnsafeRawBufferPointer, of head: HTTPResponseHead) -> Bool {
        let (isTaken, waiter) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard state.bytes.count < Self.highWater else {
                state.isPaused = true
                return (false, nil)
            }
            state.head = head
            state.bytes.append(contentsOf: bytes)
            return (true, state.waiter.take())
        }
        waiter?.resume()
        return isTaken
    }

    /// Ends the channel.
    func finish(_ result: Result<HTTPResponse, HTTPClientError>) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.result == nil else { return nil }
            state.result = result
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// The next chunk, or the end.
    ///
    /// Ends promptly on cancellation only because the engine ends the channel then.
    func next() async -> Event {
        while true {
            if let event = takeEvent() { return event }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if !state.hasEvent { state.waiter = continuation }
                    return state.hasEvent
                }
                if isReady { continuation.resume() }
            }
        }
    }

    private func takeEvent() -> Event? {
        state.withLock { state in
            // A failure overtakes what is still buffered: the consumer could not use a part of a body.
            if case .failure(let error) = state.result { return .end(.failure(error)) }
            if let head = state.head, !state.bytes.isEmpty {
                var bytes: [UInt8] = []
                swap(&bytes, &state.bytes)
                defer { state.isPaused = false }
                return .chunk(head, bytes, engineIsPaused: state.isPaused)
            }
            return state.result.map { .end($0) }
        }
    }
}
