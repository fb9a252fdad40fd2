public import FoundationEssentials
public import Logging
public import Store

/// Makes the jobs of schedules: those of their ticks, and those an operator wants now.
public struct ScheduledJobs: Sendable {
    /// The clusters a schedule works for, with their customers.
    public typealias Targets = @Sendable () async throws -> [Schedule.Target]

    private static let batch = 500

    private let queue: JobQueue
    private let store: ScheduleStore
    private let targets: Targets
    private let logger: Logger

    /// - Parameters:
    ///   - queue: Where the jobs go.
    ///   - store: Where ticks are noted.
    ///   - targets: For whom.
    ///   - logger: One line a batch of ticks.
    public init(queue: JobQueue, store: ScheduleStore, targets: @escaping Targets, logger: Logger) {
        self.queue = queue
        self.store = store
        self.targets = targets
        self.logger = logger
    }

    /// Makes the jobs of a schedule at once, beside its ticks, paused or not.
    ///
    /// - Parameters:
    ///   - schedule: Whose jobs.
    ///   - name: Who wants them.
    /// - Returns: The ids of the jobs.
    /// - Throws: ``QueueFull``; ``SubmissionError`` if they are refused; `PostgresError`.
    public func run(_ schedule: Schedule, by name: String) async throws -> [UUID] {
        var identifiers: [UUID] = []
        let submissions = try await targets(of: schedule).map { schedule.manualSubmission(for: $0, by: name) }
        try await queue.admit(submissions.count, to: schedule.definition.jobType)
        for batch in submissions.batches(of: Self.batch) {
            for result in try await queue.submit(batch: Array(batch)) {
                if case .accepted(let job) = try result.get() { identifiers.append(job.id) }
            }
        }
        return identifiers
    }

    /// Makes the jobs of ticks, and then notes them.
    ///
    /// Who dies in between leaves the ticks to the next one, who finds the jobs by their ids.
    ///
    /// - Parameters:
    ///   - ticks: Oldest first.
    ///   - schedule: Whose ticks.
    ///   - now: PostgreSQL's time.
    /// - Throws: `PostgresError` if they could not be committed.
    func make(_ ticks: [Date], of schedule: Schedule, at now: Date) async throws {
        let targets = try await targets(of: schedule)
        for ticks in ticks.batches(of: max(1, Self.batch / max(1, targets.count))) {
            let submissions = ticks.flatMap { tick in
                targets.map { schedule.submission(tick: tick, for: $0, at: now) }
            }
            var made = 0
            for batch in submissions.batches(of: Self.batch) {
                for result in try await queue.submit(batch: Array(batch), at: now) {
                    switch result {
                    case .success(.accepted): made += 1
                    case .success: break
                    case .failure(let error):
                        logger.warning(
                            "a tick's job was refused",
                            metadata: ["schedule": "\(schedule.name)", "error": "\(error)"]
                        )
                    }
                }
            }
            guard let last = ticks.last else { continue }
            try await store.ticked(schedule.name, at: last)
            logger.debug(
                "made ticks",
                metadata: ["schedule": "\(schedule.name)", "ticks": "\(ticks.count)", "jobs": "\(made)"]
            )
        }
    }

    private func targets(of schedule: Schedule) async throws -> [Schedule.Target?] {
        schedule.definition.isPerCluster ? try await targets() : [nil]
    }
}

extension Array {
    /// Its elements in order, at most so many at a time.
    fileprivate func batches(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
