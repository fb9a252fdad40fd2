import ArgumentParser
import Bootstrap
import Jobs
import Logging
import ServiceLifecycle
import Store

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
        await FleetProcess.run("cloudoptim-scheduler") { settings, logger, _ in
            try await serve(settings, logger)
        }
    }

    private func serve(_ settings: Settings, _ logger: Logger) async throws {
        let interval = try settings.integer(.metricsInterval, in: 5...3600, default: 30)
        let keyring = try settings.keyring()
        let fleet = try Fleet(settings: settings, processName: "cloudoptim-scheduler", logger: logger)
        let store = ClusterStore(pool: fleet.pool, keyring: keyring)
        try await fleet.check()
        let clock = ScheduleClock(
            queue: fleet.queue,
            store: ScheduleStore(pool: fleet.pool),
            schedules: [
                Schedule(name: "collect-metrics", type: .collectMetrics, every: .seconds(interval))
            ],
            targets: { try await store.active() },
            logger: logger
        )
        let dispatcher = Dispatcher(queue: fleet.queue, logger: logger)
        let maintenance = Maintenance(schema: Schema(pool: fleet.pool), logger: logger)
        try await FleetProcess.serve(
            [
                fleet.service,
                Loop { await dispatcher.run() },
                Loop { await maintenance.run() },
                Loop {
                    // Said only now: the signals that end the process are taken care of.
                    logger.notice("scheduling", metadata: ["metrics.interval_seconds": "\(interval)"])
                    await clock.run()
                },
            ],
            drainLimit: .seconds(10),
            logger: logger
        )
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
