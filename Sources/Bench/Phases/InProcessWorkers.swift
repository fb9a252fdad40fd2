import Bootstrap
import FoundationEssentials
import Jobs
import Logging
import Store
import Synchronization

/// Notes when handlers start, by this process's clock: the one that submissions are timed with.
final class StartNotes: JobHandler {
    private struct State {
        var starts: [UUID: ContinuousClock.Instant] = [:]
        var isOpen = false
    }

    private let state = Mutex(State())

    /// What jobs that are not urgent wait for.
    func open() {
        state.withLock { $0.isOpen = true }
    }

    /// When a job's handler started.
    func start(of job: UUID) -> ContinuousClock.Instant? { state.withLock { $0.starts[job] } }

    func run(_ context: JobContext) async throws -> JobReport {
        let now = ContinuousClock.now
        state.withLock { $0.starts[context.job.id] = now }
        while context.job.priority > 5, !state.withLock({ $0.isOpen }) {
            try await Task.sleep(for: .milliseconds(50))
        }
        return JobReport()
    }
}

/// Workers inside this process, each with connections of its own.
struct InProcessWorkers {
    let count: Int
    let concurrency: Int
    var reserve = 0

    /// Runs workers for as long as the body takes.
    func run(_ bed: TestBed, _ notes: StartNotes, _ body: () async throws -> Void) async throws {
        let fleets = try (0..<count).map { _ in try TestBed.connect(bed.settings) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for fleet in fleets {
                var logger = fleet.logger
                logger.logLevel = .error
                let runtime = WorkerRuntime(
                    queue: fleet.queue,
                    handlers: [.noop: notes],
                    configuration: WorkerConfiguration(
                        queues: [JobLoad.queue],
                        concurrency: concurrency,
                        reserve: reserve
                    ),
                    host: "bench",
                    logger: logger
                )
                group.addTask { try await runtime.run() }
            }
            try await bed.eventually("the workers in this process") {
                try await bed.queue.index.workers().count { $0.host == "bench" } == count
            }
            try await body()
            group.cancelAll()
        }
        for fleet in fleets { await fleet.close() }
    }

    /// Submits one job each 20 ms.
    ///
    /// - Returns: For each, the milliseconds from its commit until its handler started; and from the call of `submit`
    ///   until that returned.
    static func pickups(of count: Int, priority: Int, on bed: TestBed, _ notes: StartNotes) async throws
        -> (pickup: Percentiles, submit: Percentiles)
    {
        let clock = ContinuousClock()
        let commits = Mutex<[UUID: ContinuousClock.Instant]>([:])
        let queue = JobQueue(
            journal: bed.queue.journal,
            index: bed.queue.index,
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        ) { jobs in
            let now = ContinuousClock.now
            commits.withLock { for job in jobs { $0[job.id] = now } }
        }
        let begin = clock.now
        let calls = try await withThrowingTaskGroup(
            of: (UUID, ContinuousClock.Instant, ContinuousClock.Instant).self
        ) { group in
            for number in 0..<count {
                try await clock.sleep(until: begin + .milliseconds(20 * number))
                group.addTask {
                    var submission = JobSubmission(type: JobType.noop.rawValue, submittedBy: "bench")
                    submission.priority = priority
                    let id = UUID.version7(at: Date())
                    submission.id = id
                    let called = clock.now
                    _ = try await queue.submit(submission)
                    return (id, called, clock.now)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        try await bed.eventually("the start of all handlers") {
            calls.allSatisfy { notes.start(of: $0.0) != nil }
        }
        let pickups: [Double] = commits.withLock { commits in
            commits.compactMap { id, committed in
                notes.start(of: id).map { committed.duration(to: $0).seconds * 1000 }
            }
        }
        return (Percentiles(pickups), Percentiles(calls.map { $0.1.duration(to: $0.2).seconds * 1000 }))
    }
}
