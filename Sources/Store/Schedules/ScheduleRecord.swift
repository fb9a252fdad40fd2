public import FoundationEssentials

/// What is made, and when.
public struct ScheduleDefinition: Sendable, Equatable {
    /// Which ticks are made up for, after nobody ticked for a while.
    public enum MissedTicks: String, Sendable, CaseIterable {
        /// The newest one, while most of its interval is still to come.
        case latest
        /// None.
        case skip
        /// All, or the newest of them.
        case all
    }

    /// Its name; part of the ids of its jobs.
    public var name: String
    /// The type of its jobs.
    public var jobType: String
    /// The interval in seconds; nil if it follows ``cron``.
    public var everySeconds: Int?
    /// Five fields of cron; nil if it has an interval.
    public var cron: String?
    /// The time zone that ``cron`` is read in, by its name in the database of time zones.
    public var timeZone: String
    /// Which missed ticks are made up for.
    public var missed: MissedTicks
    /// With ``MissedTicks/all``: how many at most, the newest.
    public var maximumCatchUp: Int
    /// How long after its tick a job may start at the earliest.
    public var delay: Duration
    /// Over how long the jobs of a tick are spread.
    public var jitter: Duration
    /// The parameters of the jobs, a JSON object.
    public var parameters: [UInt8]
    /// Whether each active cluster gets a job; else the fleet gets one.
    public var isPerCluster: Bool
    /// Whether the program brings it, and not an operator.
    public var isBuiltIn: Bool

    /// Makes a definition; one for the fleet, in UTC, without delay, unless said otherwise.
    public init(
        name: String,
        jobType: String,
        everySeconds: Int? = nil,
        cron: String? = nil,
        timeZone: String = "UTC",
        missed: MissedTicks = .latest,
        maximumCatchUp: Int = 1,
        delay: Duration = .zero,
        jitter: Duration = .zero,
        parameters: [UInt8] = Array("{}".utf8),
        isPerCluster: Bool = false,
        isBuiltIn: Bool = false
    ) {
        self.name = name
        self.jobType = jobType
        self.everySeconds = everySeconds
        self.cron = cron
        self.timeZone = timeZone
        self.missed = missed
        self.maximumCatchUp = maximumCatchUp
        self.delay = delay
        self.jitter = jitter
        self.parameters = parameters
        self.isPerCluster = isPerCluster
        self.isBuiltIn = isBuiltIn
    }
}

/// A schedule as it is kept.
public struct ScheduleRecord: Sendable, Equatable {
    /// What is made, and when.
    public var definition: ScheduleDefinition
    /// Whether an operator stopped it.
    public var isPaused: Bool
    /// The last tick it made jobs for.
    public var lastTick: Date?
    /// Ticks up to here are none of its own: it was made, or resumed, then.
    public var ticksAfter: Date?

    /// Its name.
    public var name: String { definition.name }
}
