import AWS
import Bootstrap
import HTTPClient
import Interruptions
import Logging
import Store

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

extension EventIntake {
    /// The intake of a scheduler process.
    ///
    /// - Parameters:
    ///   - fleet: What the process stands on.
    ///   - settings: How queues are read.
    ///   - http: Carries the polls, and nothing else.
    ///   - holder: Of this process alone.
    ///   - logger: What the process logs to.
    /// - Throws: What is wrong with the settings.
    init(_ fleet: Fleet, _ settings: Settings, http: HTTPClient, holder: String, logger: Logger) throws {
        let sessions = try CustomerSessions(http: http, logger: logger)
        let events = SpotEventStore(pool: fleet.pool)
        if settings.text(.queuePollInterval) != nil {
            logger.notice("SQS_POLL_INTERVAL_SECONDS is ignored: there is no pause between polls")
        }
        var intake = try IntakeSettings(settings)
        intake.queues = min(intake.queues, Self.descriptors)
        self.init(
            leases: QueueLeaseStore(pool: fleet.pool),
            events: events,
            inbox: InterruptionInbox(
                queue: fleet.queue,
                events: events,
                letters: DeadLetterStore(pool: fleet.pool)
            ),
            open: { customer throws(AWSError) in try sessions.queue(of: customer) },
            holder: holder,
            settings: intake,
            logger: logger
        )
    }

    /// How many connections the process may have beside those it needs for itself.
    private static var descriptors: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 512 }
        return max(64, Int(clamping: limit.rlim_cur) - 512)
    }
}

extension HTTPClientConfiguration {
    /// For long polls: all queues of a region are at one host, and each has a request under way all the time.
    static let polls = HTTPClientConfiguration(
        maxTransfers: 10_000,
        maxTransfersPerHost: 10_000,
        maxConnectionsPerHost: 10_000,
        maxCachedConnections: 10_000
    )
}
