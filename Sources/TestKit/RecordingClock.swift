internal import Synchronization

/// A clock whose sleeps take no time and are remembered.
public final class RecordingClock: Clock {
    /// A time since the clock was made.
    public struct Instant: InstantProtocol {
        var offset: Duration

        /// A later instant.
        public func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        /// The time between two instants.
        public func duration(to other: Instant) -> Duration { other.offset - offset }
        /// Whether one is before the other.
        public static func < (one: Instant, other: Instant) -> Bool { one.offset < other.offset }
    }

    private let state = Mutex((now: Duration.zero, sleeps: [Duration]()))

    /// Makes a clock that stands at zero.
    public init() {}

    /// The end of the last sleep.
    public var now: Instant { Instant(offset: state.withLock { $0.now }) }
    /// None.
    public var minimumResolution: Duration { .zero }
    /// How long each sleep was asked to be.
    public var sleeps: [Duration] { state.withLock { $0.sleeps } }

    /// Remembers the sleep, and is at its end.
    public func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        state.withLock { state in
            state.sleeps.append(deadline.offset - state.now)
            state.now = deadline.offset
        }
    }
}
