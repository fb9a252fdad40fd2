public import FoundationEssentials
public import HTTPClient
public import Logging

/// What all clients of a process share: connections, endpoints, limits, and what is known of clocks.
///
/// Make one for each process: AWS counts the calls of an account and region together.
public struct AWSRuntime: Sendable {
    /// Carries every call.
    public let http: HTTPClient
    /// Where services are.
    public let endpoints: AWSEndpoints
    /// How calls are repeated.
    public let retry: AWSRetrySettings
    /// Gets a line at `debug` for each repetition.
    public let logger: Logger
    /// The time.
    public let now: @Sendable () -> Date
    /// A number from 0 to 1 for each pause.
    let random: @Sendable () -> Double
    /// What pauses are slept by.
    let clock: any Clock<Duration>
    let limits: AWSLimits
    let offsets: ClockOffsets

    /// Makes what clients share.
    ///
    /// - Parameters:
    ///   - http: Its limits per host bound how many queues are polled at once: all are of one host in a region.
    ///   - endpoints: Where services are.
    ///   - retry: How calls are repeated.
    ///   - logger: For repetitions.
    ///   - clock: What pauses are slept by.
    ///   - now: The time, by our own clock.
    ///   - random: A number from 0 to 1 for each pause.
    public init(
        http: HTTPClient,
        endpoints: AWSEndpoints = AWSEndpoints(),
        retry: AWSRetrySettings = AWSRetrySettings(),
        logger: Logger,
        clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> Date = { Date() },
        random: @escaping @Sendable () -> Double = { .random(in: 0...1) }
    ) {
        self.http = http
        self.endpoints = endpoints
        self.retry = retry
        self.logger = logger
        self.clock = clock
        self.now = now
        self.random = random
        limits = AWSLimits(clock: clock)
        offsets = ClockOffsets(now: now)
    }
}
