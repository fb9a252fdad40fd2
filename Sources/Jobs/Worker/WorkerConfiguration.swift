/// How a worker works.
public struct WorkerConfiguration: Sendable {
    /// The queues it serves.
    public var queues: [String]
    /// How many jobs it runs at once.
    public var concurrency: Int
    /// Slots that only take urgent jobs.
    public var reserve: Int
    /// What counts as urgent: this priority and those before it.
    public var urgentPriority: Int
    /// How long a claim lasts without being extended.
    public var lease: Duration
    /// How often claims are extended.
    public var heartbeat: Duration
    /// How often running jobs are looked up among those that were taken back.
    public var cancellationLook: Duration = .milliseconds(400)
    /// How long running jobs may go on after the signal to stop.
    public var drainLimit: Duration
    /// When failed runs are tried again.
    public var retry: RetryPolicy
    /// The release, as shown in the list of workers.
    public var version: String

    /// Makes a configuration; the defaults notice a dead worker after 5 to 7 s.
    public init(
        queues: [String],
        concurrency: Int = 16,
        reserve: Int = 0,
        urgentPriority: Int = 1,
        lease: Duration = .seconds(7),
        heartbeat: Duration = .seconds(2),
        drainLimit: Duration = .seconds(25),
        retry: RetryPolicy = RetryPolicy(),
        version: String = "dev"
    ) {
        self.queues = queues
        self.concurrency = concurrency
        self.reserve = reserve
        self.urgentPriority = urgentPriority
        self.lease = lease
        self.heartbeat = heartbeat
        self.drainLimit = drainLimit
        self.retry = retry
        self.version = version
    }
}
