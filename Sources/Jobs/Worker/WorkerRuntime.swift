import FoundationEssentials
public import Logging
public import ServiceLifecycle
import Redis
import Store
import Synchronization

/// Claims jobs, runs their handlers, keeps the leases alive, and records how they ended.
///
/// ## Stopping
/// On graceful shutdown it claims no more, lets running jobs finish for ``WorkerConfiguration/drainLimit``, hands the
/// rest back with their attempt unspent, commits every outcome, and returns.
public final class WorkerRuntime: Service {
    /// How often it looks for urgent jobs while all that is left are slots reserved for them.
    private static let look = Duration.milliseconds(18)

    /// Its name in the list of workers and in the journal.
    public let id: String
    let index: LiveIndex
    let journal: JobJournal
    let handlers: [String: any JobHandler]
    let configuration: WorkerConfiguration
    let logger: Logger
    let running = RunningJobs()
    private let slots: Mutex<Slots>
    private let drain = OneTimeSignal()
    /// The intake, and every handler that runs.
    private let active = Mutex(1)
    /// None of them is left.
    private let allReturned = OneTimeSignal()
    /// One mark, made whenever a slot was freed or draining began.
    ///
    /// For the intake alone: a stream has one reader.
    private let changes = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    private let host: String
    private let startedAt = Date()

    /// - Parameters:
    ///   - queue: Where jobs come from.
    ///   - handlers: What runs them, by type.
    ///   - configuration: How.
    ///   - host: The machine's name.
    ///   - logger: One line a job.
    public init(
        queue: JobQueue,
        handlers: [JobType: any JobHandler],
        configuration: WorkerConfiguration,
        host: String,
        logger: Logger
    ) {
        index = queue.index
        journal = queue.journal
        self.handlers = Dictionary(uniqueKeysWithValues: handlers.map { ($0.key.rawValue, $0.value) })
        self.configuration = configuration
        self.host = host
        let pid = ProcessInfo.processInfo.processIdentifier
        id = "\(host)-\(pid)-\(UUID().text.prefix(6))"
        var logger = logger
        logger[metadataKey: "worker.id"] = "\(id)"
        self.logger = logger
        slots = Mutex(
            Slots(
                count: configuration.concurrency,
                reserved: configuration.reserve,
                urgent: configuration.urgentPriority
            )
        )
    }

    /// Works until graceful shutdown.
    public func run() async throws {
        let completer = Completer(journal: journal, index: index, logger: logger) {
            [running, logger] attempt, verdict in
            let lease = running.settled(fence: attempt.fence)
            switch verdict {
            case .claimSettled, .outdated:
                let claim: Logger.Metadata = ["job.id": "\(attempt.jobID.text)", "fence": "\(attempt.fence)"]
                logger.warning("the journal refused a late outcome: the claim was lost", metadata: claim)
            case .recorded, .alreadyFinished, nil: break
            }
            TypeMetrics.ended(lease, attempt, verdict: verdict)
            JobMetrics.settled(attempt, verdict: verdict)
        }
        TypeMetrics.announce()
        logger.notice("working", metadata: ["queues": "\(configuration.queues)"])
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.beat() }
            group.addTask { await self.watchCancellations() }
            group.addTask { await self.watchDeadlines() }
            group.addTask { await self.limitDrain() }
            group.addTask {
                await LeaseReaper(
                    journal: self.journal,
                    index: self.index,
                    queues: self.configuration.queues,
                    logger: self.logger
                ).run()
            }
            // Must outlive cancellation, until its backlog is empty.
            let recording = Task { await completer.run() }
            await withGracefulShutdownHandler {
                await withTaskCancellationHandler {
                    await self.intake(completer)
                } onCancel: {
                    self.beginDrain()
                    self.running.interruptAll(because: .draining)
                }
            } onGracefulShutdown: {
                self.beginDrain()
            }
            completer.finish()
            await recording.value
            group.cancelAll()
        }
        do {
            // A marker that came as the wait for it was given up is passed on.
            try await index.wake(configuration.queues)
            try await index.farewell(id)
        } catch {
            logger.debug("could not say farewell", metadata: ["error": "\(error)"])
        }
        logger.notice("drained")
    }

    // MARK: - Intake

    /// Claims and runs until draining; returns when all handlers have returned.
    private func intake(_ completer: Completer) async {
        var failures = 0
        var changed = changes.stream.makeAsyncIterator()
        while !drain.isSet {
            guard let grant = slots.withLock({ $0.grant }) else {
                _ = await changed.next()
                continue
            }
            do {
                let claims = try await index.claim(
                    worker: id,
                    queues: configuration.queues,
                    limit: grant.limit,
                    leastUrgent: grant.leastUrgent,
                    lease: configuration.lease
                )
                failures = 0
                start(claims.leases, completer)
                if claims.leases.isEmpty { await idle(until: claims.nextDue) }
            } catch {
                failures += 1
                logger.warning(
                    "could not claim jobs",
                    metadata: ["try": "\(failures)", "error": "\(error)"]
                )
                let policy = RetryPolicy(base: .milliseconds(200), cap: .seconds(5))
                await pause(policy.delay(afterAttempt: failures, jitter: .random(in: 0...1)))
            }
        }
        ended()
        // In a task of its own: however this one is cancelled, running handlers are waited for.
        await Task { [allReturned] in await allReturned.wait() }.value
    }

    private func start(_ leases: [Lease], _ completer: Completer) {
        guard !leases.isEmpty else { return }
        slots.withLock { $0.taken(leases.count) }
        active.withLock { $0 += leases.count }
        let now = ContinuousClock.now
        // One question for all that may have run: after a rebuild that is each of them.
        let doubtful = leases.filter(\.mayHaveRun).map(\.job.id)
        let finished =
            doubtful.isEmpty ? nil : Task { [journal] in try? await journal.finished(among: doubtful) }
        for lease in leases {
            running.start(lease, deadline: remaining(of: lease).map { now + $0 }) {
                await completer.complete(await self.execute(lease, finished: finished))
                self.slots.withLock { $0.freed() }
                self.changes.continuation.yield()
                self.ended()
            }
        }
    }

    private func ended() {
        let left = active.withLock { active in
            active -= 1
            return active
        }
        if left == 0 { allReturned.set() }
    }

    /// Waits until there may be something to claim.
    private func idle(until due: Duration?) async {
        let longest = min(due ?? .seconds(5), .seconds(5))
        // The marker is for those who may take any job; one who waits for urgent ones must not consume it.
        guard !slots.withLock({ $0.isUrgentOnly }), longest > Self.look else {
            return await pause(min(longest, Self.look))
        }
        let timeout = max(longest.seconds, 0.02)
        let command = RedisCommand(
            "BZPOPMIN",
            configuration.queues.map { .string(index.keys.wake($0)) } + [.double(timeout)]
        )
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [index, logger] in
                do {
                    _ = try await index.redis.blocking(command, timeout: longest)
                } catch {
                    guard !Task.isCancelled else { return }
                    logger.debug("could not wait for work", metadata: ["error": "\(error)"])
                    // The claim that follows reports the outage.
                    try? await Task.sleep(for: .milliseconds(200))
                }
            }
            group.addTask { await self.drain.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    /// Sleeps, but not past the beginning of a drain.
    private func pause(_ duration: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await Task.sleep(for: duration) }  // ended by the group
            group.addTask { await self.drain.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    // MARK: - Draining

    /// Whether it takes no more jobs.
    var isDraining: Bool { drain.isSet }

    private func beginDrain() {
        drain.set()
        changes.continuation.yield()
    }

    private func limitDrain() async {
        await drain.wait()
        guard !Task.isCancelled else { return }
        do {
            try await Task.sleep(for: configuration.drainLimit)
        } catch {
            return
        }
        running.interruptAll(because: .draining)
    }

    // MARK: - Heartbeat

    /// Extends leases and reports, until cancelled.
    private func beat() async {
        while !Task.isCancelled {
            let leases = running.leases
            do {
                let held = try await index.extend(leases, by: configuration.lease)
                for (lease, isHeld) in zip(leases, held) where !isHeld && running.lost(lease) {
                    JobMetrics.leaseLost()
                }
                try await index.beat(report(leases))
            } catch {
                logger.debug("could not beat", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: configuration.heartbeat)  // cancellation ends the loop
        }
    }

    /// Interrupts what was taken back, until cancelled.
    ///
    /// A mark that is looked for cannot be lost, as a message could; while no job is marked the look is O(1).
    private func watchCancellations() async {
        while !Task.isCancelled {
            do {
                for lease in try await index.cancelled(among: running.leases) {
                    running.interrupt(lease, because: .cancelled)
                }
            } catch {
                logger.debug("could not look for cancelled jobs", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: configuration.cancellationLook)  // cancellation ends the loop
        }
    }

    /// Interrupts handlers at their deadline, until cancelled: one clock for all of them.
    private func watchDeadlines() async {
        while !Task.isCancelled {
            running.interruptOverdue(at: .now)
            try? await Task.sleep(for: .milliseconds(20))  // cancellation ends the loop
        }
    }

    private func report(_ leases: [Lease]) -> WorkerReport {
        WorkerReport(
            id: id,
            host: host,
            pid: Int(ProcessInfo.processInfo.processIdentifier),
            version: configuration.version,
            queues: configuration.queues,
            slots: configuration.concurrency,
            reserved: configuration.reserve,
            running: leases.prefix(1000).map(\.job.id.text),
            isDraining: isDraining,
            startedAt: startedAt
        )
    }
}
