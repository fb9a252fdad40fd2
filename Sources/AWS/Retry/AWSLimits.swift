internal import Synchronization

/// The limits that all clients of a process share.
///
/// Kept per account, region and service, as AWS counts; those unused for ten minutes are forgotten.
final class AWSLimits: Sendable {
    struct Key: Hashable {
        let account: String
        let region: AWSRegion
        let service: AWSService
    }

    private struct Entry {
        var limit = AdaptiveLimit()
        var usedAt = 0.0
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var sweptAt = 0.0
    }

    private static let lifetime = 600.0
    private let seconds: @Sendable () -> Double
    private let state = Mutex(State())

    /// - Parameter clock: The one that waits are slept by.
    init(clock: any Clock<Duration>) { seconds = Self.stopwatch(clock) }

    private static func stopwatch<Time: Clock>(_ clock: Time) -> @Sendable () -> Double
    where Time.Duration == Duration {
        let start = clock.now
        return { start.duration(to: clock.now) / .seconds(1) }
    }

    /// Applies a change to a limit, with the time in seconds.
    func withLimit<Result>(_ key: Key, _ body: (inout AdaptiveLimit, Double) -> Result) -> Result {
        let now = seconds()
        return state.withLock { state in
            if now - state.sweptAt > Self.lifetime {
                state.entries = state.entries.filter { now - $0.value.usedAt < Self.lifetime }
                state.sweptAt = now
            }
            var entry = state.entries[key] ?? Entry()
            entry.usedAt = now
            let result = body(&entry.limit, now)
            state.entries[key] = entry
            return result
        }
    }
}
