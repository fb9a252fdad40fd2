public import FoundationEssentials
internal import Synchronization

/// Keeps what a source gives, and renews it before it expires.
///
/// One fetch at a time, whoever asks. Shortly before expiry (a quarter of the lifetime, at most a quarter of
/// an hour, less some jitter, so that not all roles are renewed together) it is renewed in the background
/// while the old credentials are still given out; when that fails they remain in use until a few seconds
/// before they expire.
///
/// A failure is remembered for a while, a permanent one longer: a wrong role is not asked for by every job
/// anew.
public final class CredentialsCache: CredentialsProvider {
    private struct State {
        var current: AWSCredentials?
        var renewal: Date?
        var failure: AWSError?
        var failedUntil = Date.distantPast
    }

    /// Nearer to their expiry than this, credentials aren't given out.
    private static let margin = 10.0
    private static let fetchLimit = Duration.seconds(30)

    private let state: StateBox
    private let flight: SingleFlight<AWSCredentials>
    private let now: @Sendable () -> Date

    /// What both the cache and the work of its flight refer to.
    private final class StateBox: Sendable {
        let value = Mutex(State())
    }

    /// - Parameters:
    ///   - source: Where credentials come from.
    ///   - now: The time.
    ///   - random: A number from 0 to 1 for the jitter.
    public init(
        _ source: any CredentialsSource,
        now: @escaping @Sendable () -> Date = { Date() },
        random: @escaping @Sendable () -> Double = { .random(in: 0...1) }
    ) {
        let state = StateBox()
        self.state = state
        self.now = now
        flight = SingleFlight { () async throws(AWSError) -> AWSCredentials in
            do throws(AWSError) {
                let fetched = try await withDeadline(.now + Self.fetchLimit) { () async throws(AWSError) in
                    try await source.fetch()
                }
                if let expiration = fetched.expiration, expiration < now().addingTimeInterval(Self.margin) {
                    throw AWSError(.expiredCredentials, "the source gives credentials that have expired")
                }
                state.value.withLock { state in
                    state.current = fetched
                    state.renewal = Self.renewal(of: fetched, at: now(), random: random())
                    state.failure = nil
                    state.failedUntil = .distantPast
                }
                return fetched
            } catch {
                if error.code != .cancelled {
                    let isPassing = error.isRetryable || error.code == .noCredentials
                    let pause = isPassing ? 1.0 : 30.0
                    state.value.withLock { state in
                        state.failure = error
                        state.failedUntil = now().addingTimeInterval(pause * (0.75 + 0.5 * random()))
                    }
                }
                throw error
            }
        }
    }

    /// Credentials that are good for some time yet.
    public func credentials() async throws(AWSError) -> AWSCredentials {
        enum Step {
            case give(AWSCredentials, renewing: Bool)
            case fail(AWSError)
            case wait
        }
        let time = now()
        let step: Step = state.value.withLock { state in
            let hasFailed = state.failure != nil && time < state.failedUntil
            if let current = state.current, Self.isGood(current, at: time) {
                let isDue = state.renewal.map { time >= $0 } ?? false
                return .give(current, renewing: isDue && !hasFailed)
            }
            if hasFailed, let failure = state.failure { return .fail(failure) }
            return .wait
        }
        switch step {
        case .give(let current, let isRenewing):
            if isRenewing { flight.start() }
            return current
        case .fail(let error):
            throw error
        case .wait:
            return try await flight.run()
        }
    }

    /// Forgets these credentials; the next caller waits for others.
    public func discard(_ credentials: AWSCredentials) {
        state.value.withLock { state in
            guard state.current == credentials else { return }
            state.current = nil
            state.renewal = nil
        }
    }

    private static func isGood(_ credentials: AWSCredentials, at time: Date) -> Bool {
        credentials.expiration.map { $0.timeIntervalSince(time) > margin } ?? true
    }

    /// When to renew; `nil` for credentials that do not expire.
    static func renewal(of credentials: AWSCredentials, at time: Date, random: Double) -> Date? {
        guard let expiration = credentials.expiration else { return nil }
        let ahead = min(expiration.timeIntervalSince(time) / 4, 900)
        return expiration.addingTimeInterval(-ahead * (1 - 0.2 * random))
    }
}
