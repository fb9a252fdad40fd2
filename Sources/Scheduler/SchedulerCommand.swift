import ArgumentParser
import Bootstrap
import FoundationEssentials
import HTTPClient
import Interruptions
import Jobs
import Logging
import ServiceLifecycle
import Store
import Telemetry

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// The scheduler process.
@main
struct SchedulerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cloudoptim-scheduler",
        abstract: "Makes periodic jobs, and brings to Redis what it does not hold. Run one or more.",
        discussion: "See docs/configuration.md for the keys of the environment.",
        version: Release.version
    )

    func run() async throws {
        await FleetProcess.run("cloudoptim-scheduler") { settings, logger, registry in
            try await serve(settings, logger, registry)
        }
    }

    private func serve(_ settings: Settings, _ logger: Logger, _ registry: PrometheusRegistry) async throws {
        let interval = try settings.integer(.metricsInterval, in: 5...3600, default: 30)
        let ghostInterval = try settings.ghostScanInterval()
        let retention = try RetentionPlan(settings)
        let keyring = try settings.keyring()
        let fleet = try Fleet(settings: settings, processName: "cloudoptim-scheduler", logger: logger)
        let clusters = ClusterStore(pool: fleet.pool, keyring: keyring)
        let schedules = ScheduleStore(pool: fleet.pool)
        try await fleet.check()
        let clock = ScheduleClock(
            store: schedules,
            jobs: ScheduledJobs(
                queue: fleet.queue,
                store: schedules,
                targets: { try await clusters.active() },
                logger: logger
            ),
            builtIn: [
                Schedule.collectMetrics(every: .seconds(interval)), Schedule.scanGhosts(every: ghostInterval),
            ],
            logger: logger
        )
        let maintenance = Maintenance(
            store: RetentionStore(pool: fleet.pool),
            plan: retention,
            logger: logger
        )
        // A process id comes again after a restart, and is the same in every container.
        let holder = "\(FleetProcess.host):\(getpid()):\(UUID().text.prefix(8))"
        let http = HTTPClient(configuration: .polls, logger: logger)
        let intake = try EventIntake(fleet, settings, http: http, holder: holder, logger: logger)
        let leadership = Leadership(
            store: LeadershipStore(pool: fleet.pool),
            name: Leadership.clock,
            holder: holder,
            logger: logger
        )
        let sweep = NotificationSweep(
            queue: fleet.queue,
            outbox: NotificationStore(pool: fleet.pool),
            logger: logger
        )
        let dispatcher = Dispatcher(queue: fleet.queue, logger: logger)
        let drain = DrainFlag()
        let telemetry = try TelemetryServer(
            settings: settings,
            registry: registry,
            readiness: Readiness(fleet: fleet, drain: drain),
            logger: logger
        )
        let services: [(any Service)?] = [
            fleet.service,
            telemetry,
            Loop { await dispatcher.run() },
            Loop { await intake.run() },
            Loop {
                // Said only now: the signals that end the process are taken care of.
                logger.notice("scheduling", metadata: ["metrics.interval_seconds": "\(interval)"])
                await leadership.run {
                    await withTaskGroup(of: Void.self) { group in
                        group.addTask { await clock.run() }
                        group.addTask { await maintenance.run() }
                        group.addTask { await sweep.run() }
                    }
                }
            },
            drain.service,
        ]
        try await FleetProcess.serve(
            services.compactMap(\.self),
            drainLimit: .seconds(10),
            logger: logger
        )
        await http.shutdown()
    }
}

/// A loop that ends when it is cancelled, as a service: shutdown cancels it.
struct Loop: Service {
    let body: @Sendable () async -> Void

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await body() }
            group.addTask { try? await gracefulShutdown() }  // cancellation ends the wait as well
            await group.next()
            group.cancelAll()
        }
    }
}
