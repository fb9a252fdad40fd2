import FoundationEssentials
public import Logging
public import Store
import Synchronization

/// Makes the jobs of all schedules, tick by tick.
///
/// One at a time is enough, see ``Leadership``; more do no harm: the ids of ticks' jobs are deterministic, and unique
/// in PostgreSQL. What was made is read there each time, so that a new leader goes on where the old one ended.
public struct ScheduleClock: Sendable {
    /// How many schedules are worked on at once.
    private static let width = 4

    private let store: ScheduleStore
    private let jobs: ScheduledJobs
    private let builtIn: [ScheduleDefinition]
    private let logger: Logger

    /// - Parameters:
    ///   - store: Where schedules are kept, with their pauses and ticks.
    ///   - jobs: Makes what is due.
    ///   - builtIn: The schedules of the program; operators' are found in the store.
    ///   - logger: Says what goes wrong.
    public init(store: ScheduleStore, jobs: ScheduledJobs, builtIn: [ScheduleDefinition], logger: Logger) {
        self.store = store
        self.jobs = jobs
        self.builtIn = builtIn
        self.logger = logger
    }

    /// Ticks until cancelled.
    public func run() async {
        let busy = BusySchedules()
        await withDiscardingTaskGroup { group in
            var failures = 0
            var isDeclared = false
            var refused: Set<String> = []
            while !Task.isCancelled {
                var pause: Duration
                do {
                    if !isDeclared { for definition in builtIn { try await store.declare(definition) } }
                    isDeclared = true
                    // Who is at work now may note a tick before or after we read.
                    let skipped = busy.names
                    let (now, records) = try await store.board()
                    let rounds = records.filter { !$0.isPaused && !skipped.contains($0.name) }
                        .compactMap { round($0, &refused) }
                    pause = rounds.map { $0.wait(at: now) }.min() ?? .seconds(1)
                    for round in rounds {
                        let ticks = round.due(at: now)
                        guard !ticks.isEmpty else { continue }
                        guard busy.begin(round.name, limit: Self.width) else {
                            pause = .milliseconds(100)
                            continue
                        }
                        group.addTask {
                            await make(ticks, round, now)
                            busy.end(round.name)
                        }
                    }
                    failures = 0
                } catch is CancellationError {
                    return
                } catch {
                    failures += 1
                    logger.warning("could not read the schedules", metadata: ["error": "\(error)"])
                    pause = RetryPolicy(base: .milliseconds(200), cap: .seconds(2))
                        .delay(afterAttempt: failures, jitter: .random(in: 0...1))
                }
                try? await Task.sleep(for: pause)  // cancellation ends the loop
            }
        }
    }

    /// One schedule as it is in this moment.
    private struct Round: Sendable {
        let schedule: Schedule
        let plan: TickPlan
        let done: Date?

        var name: String { schedule.name }

        func due(at now: Date) -> [Date] { plan.due(at: now, after: done) }

        func wait(at now: Date) -> Duration { plan.wait(at: now, after: done) }
    }

    /// A schedule as it is now; nil if it cannot be followed, which is logged once.
    private func round(_ record: ScheduleRecord, _ refused: inout Set<String>) -> Round? {
        do throws(SubmissionError) {
            let schedule = try Schedule(record.definition)
            let done = [record.lastTick, record.ticksAfter].compactMap(\.self).max()
            return Round(schedule: schedule, plan: TickPlan(schedule), done: done)
        } catch {
            // It was valid once: another release made it, or the time zone is missing on this machine.
            if refused.insert(record.name).inserted {
                logger.warning(
                    "cannot follow a schedule",
                    metadata: ["schedule": "\(record.name)", "error": "\(error)"]
                )
            }
            return nil
        }
    }

    private func make(_ ticks: [Date], _ round: Round, _ now: Date) async {
        do {
            try await jobs.make(ticks, of: round.schedule, at: now)
        } catch is CancellationError {
            return
        } catch {
            logger.warning(
                "could not make a tick",
                metadata: ["schedule": "\(round.name)", "error": "\(error)"]
            )
            // Keeps its place for a moment, so that it is not tried in a circle.
            try? await Task.sleep(for: .milliseconds(500))
        }
    }
}

/// The schedules that are being worked on.
private final class BusySchedules: Sendable {
    private let state = Mutex<Set<String>>([])

    var names: Set<String> { state.withLock { $0 } }

    /// False if as many as may be are at work, or this one is.
    func begin(_ name: String, limit: Int) -> Bool {
        state.withLock { $0.count < limit && $0.insert(name).inserted }
    }

    func end(_ name: String) { state.withLock { _ = $0.remove(name) } }
}
