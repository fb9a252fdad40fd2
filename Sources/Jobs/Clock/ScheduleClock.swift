public import FoundationEssentials
public import Logging
public import Store

/// Makes the jobs of the schedules, tick by tick.
///
/// Any number may run: the ids of ticks' jobs are deterministic and unique in PostgreSQL.
public struct ScheduleClock: Sendable {
    /// The clusters a schedule works for, with their customers.
    public typealias Targets = @Sendable () async throws -> [(cluster: UUID, customer: UUID)]

    private let queue: JobQueue
    private let store: ScheduleStore
    private let schedules: [Schedule]
    private let targets: Targets
    private let logger: Logger

    /// - Parameters:
    ///   - queue: Where the jobs go.
    ///   - store: Where schedules are kept, with their pauses.
    ///   - schedules: What to make.
    ///   - targets: For whom.
    ///   - logger: One line a tick.
    public init(
        queue: JobQueue,
        store: ScheduleStore,
        schedules: [Schedule],
        targets: @escaping Targets,
        logger: Logger
    ) {
        self.queue = queue
        self.store = store
        self.schedules = schedules
        self.targets = targets
        self.logger = logger
    }

    /// Ticks until cancelled.
    public func run() async {
        await withDiscardingTaskGroup { group in
            for schedule in schedules {
                group.addTask { await run(schedule) }
            }
        }
    }

    private func run(_ schedule: Schedule) async {
        var plan = TickPlan(every: schedule.every, lookAhead: min(schedule.every / 2, .seconds(15)))
        var failures = 0
        while !Task.isCancelled {
            do {
                // PostgreSQL's clock: this machine's may be wrong.
                let now = try await queue.journal.now()
                for tick in plan.due(at: now) {
                    try await make(tick, of: schedule, at: now)
                    plan.made(tick)
                }
                failures = 0
                try await Task.sleep(for: plan.wait(at: now))
            } catch is CancellationError {
                return
            } catch {
                failures += 1
                logger.warning(
                    "could not make a tick",
                    metadata: ["schedule": "\(schedule.name)", "try": "\(failures)", "error": "\(error)"]
                )
                let policy = RetryPolicy(base: .milliseconds(200), cap: .seconds(5))
                // Cancellation ends the loop.
                try? await Task.sleep(for: policy.delay(afterAttempt: failures, jitter: .random(in: 0...1)))
            }
        }
    }

    private func make(_ tick: Date, of schedule: Schedule, at now: Date) async throws {
        let seconds = Int(schedule.every.components.seconds)
        let kept = try await store.declare(
            name: schedule.name,
            jobType: schedule.type.rawValue,
            everySeconds: seconds
        )
        guard !kept.isPaused else { return }
        let clusters = try await targets()
        var made = 0
        for start in stride(from: 0, to: clusters.count, by: 500) {
            let batch = clusters[start..<min(start + 500, clusters.count)].map {
                schedule.submission(tick: tick, cluster: $0.cluster, customer: $0.customer)
            }
            for case .success(.accepted) in try await queue.submit(batch: batch) { made += 1 }
        }
        try await store.ticked(schedule.name, at: tick)
        logger.debug(
            "made a tick",
            metadata: ["schedule": "\(schedule.name)", "jobs": "\(made)", "clusters": "\(clusters.count)"]
        )
    }
}
