import Store

/// How many workers the queues call for.
///
/// Pure: counters of the last full minute go in. By Little's law, jobs that arrive at a rate and take a time each
/// keep rate × time slots busy; the backlog on top is to be worked off within ``clearWithin``.
public struct AutoscalePlan: Sendable, Equatable {
    /// What one queue calls for.
    public struct Share: Sendable, Equatable {
        /// Jobs that could run now.
        public var backlog: Int
        /// How long a job takes, on average; nil if none ended in the last minute.
        public var serviceSeconds: Double?
        /// Workers for this queue alone.
        public var desired: Int
    }

    /// How soon a backlog is to be worked off, seconds.
    public static let clearWithin = 60.0
    /// What a job is taken to last while nothing is known, seconds.
    static let assumedService = 1.0

    /// Workers for all queues together; at least one while anything is to be done.
    public var desiredWorkers: Int
    /// By queue.
    public var byQueue: [String: Share]

    /// - Parameters:
    ///   - stats: Every queue.
    ///   - slots: How many jobs a worker runs at once.
    init(stats: [LiveIndex.QueueStats], slots: Int) {
        var busy = 0.0
        byQueue = [:]
        for queue in stats {
            let finished = Double(queue.finishedLastMinute)
            let service = finished > 0 ? queue.busyLastMinute.seconds / finished : nil
            let arriving = Double(queue.acceptedLastMinute) / 60
            let waiting = Double(queue.ready) / Self.clearWithin
            let needed = max((arriving + waiting) * (service ?? Self.assumedService), Double(queue.running))
            busy += needed
            byQueue[queue.name] = Share(
                backlog: queue.ready,
                serviceSeconds: service,
                desired: Self.workers(needed, slots)
            )
        }
        desiredWorkers = Self.workers(busy, slots)
    }

    private static func workers(_ busySlots: Double, _ slots: Int) -> Int {
        busySlots > 0 ? max(1, Int((busySlots / Double(max(1, slots))).rounded(.up))) : 0
    }
}

extension JobQueue {
    /// Plans the number of workers from counters alone: its cost does not grow with the jobs.
    ///
    /// - Returns: The plan; slots a worker are those of the present workers, on average.
    /// - Throws: `RedisError`, or `PostgresError` while the epoch is renewed.
    public func autoscale() async throws -> AutoscalePlan {
        let stats = try await index.stats(of: JobCatalogue.served.map(\.rawValue))
        let workers = try await index.workers()
        let slots = workers.isEmpty ? 16 : workers.map(\.slots).reduce(0, +) / workers.count
        return AutoscalePlan(stats: stats, slots: slots)
    }
}
