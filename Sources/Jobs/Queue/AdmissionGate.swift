import Logging
import Synchronization

/// More jobs of a queue wait than is allowed.
public struct QueueFull: Error, Sendable, Equatable {
    /// The queue.
    public let queue: String
    /// How many jobs may be live in it.
    public let limit: Int
}

/// Keeps queues from growing without bound: asks Redis how many jobs are live, a few times a second at most.
final class AdmissionGate: Sendable {
    private struct Reading {
        var live: Int
        var at: ContinuousClock.Instant
    }

    private static let validity: Duration = .milliseconds(250)

    private let limit: Int
    private let liveJobs: @Sendable (String) async throws -> Int
    private let readings = Mutex<[String: Reading]>([:])

    /// - Parameters:
    ///   - limit: How many jobs of a queue may be live.
    ///   - liveJobs: Counts those of a queue.
    init(limit: Int, liveJobs: @escaping @Sendable (String) async throws -> Int) {
        self.limit = limit
        self.liveJobs = liveJobs
    }

    /// Lets jobs pass, or not.
    ///
    /// While Redis cannot be asked they pass: the journal holds them.
    func admit(_ count: Int, to queue: String, now: ContinuousClock.Instant = .now) async throws(QueueFull) {
        let known = readings.withLock { readings -> Int? in
            guard let reading = readings[queue], now - reading.at < Self.validity else { return nil }
            readings[queue]?.live += count
            return reading.live
        }
        let live: Int
        if let known {
            live = known
        } else {
            guard let fresh = try? await liveJobs(queue) else { return }
            readings.withLock { $0[queue] = Reading(live: fresh + count, at: now) }
            live = fresh
        }
        guard live + count <= limit else { throw QueueFull(queue: queue, limit: limit) }
    }
}
