import FoundationEssentials
import Synchronization

/// Limits the requests of each key, in this process.
final class RateLimiter: Sendable {
    private let perSecond: Double
    private let buckets = Mutex<[UUID: TokenBucket]>([:])

    /// - Parameter perSecond: Requests a second and key.
    init(perSecond: Double) {
        self.perSecond = perSecond
    }

    /// Counts a request.
    ///
    /// - Throws: ``APIError`` 429 with the whole seconds after which to come back.
    func admit(_ key: UUID) throws {
        let now = ContinuousClock.now
        let wait = buckets.withLock {
            $0[key, default: TokenBucket(perSecond: perSecond, at: now)].take(at: now)
        }
        guard let wait else { return }
        throw APIError.rateLimited(retryAfter: max(1, Int(wait.components.seconds) + 1))
    }
}
