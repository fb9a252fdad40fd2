import Bootstrap
import FoundationEssentials
import HTTPClient
import Jobs
import Logging
import Optimizer
import ServiceLifecycle
import Store
import Telemetry

extension WorkerCommand {
    func serve(_ settings: Settings, _ logger: Logger, _ registry: PrometheusRegistry) async throws {
        let configuration = try workerConfiguration(settings)
        let keyring = try settings.keyring()
        let prices = try settings.prices()
        let ghostSettings = try GhostSettings(settings)
        let fleet = try Fleet(settings: settings, processName: "cloudoptim-worker", logger: logger)
        let http = HTTPClient(logger: logger)
        let clusters = ClusterStore(pool: fleet.pool, keyring: keyring)
        let sessions = try CustomerSessions(http: http, logger: logger)
        let connections = try ClusterConnections(
            clusters: clusters,
            http: http,
            sessions: sessions,
            settings: settings
        )
        try await fleet.check()
        let steps = StepStore(pool: fleet.pool)
        let paces = ClusterPaces()
        var handlers = Self.clusterHandlers(
            ClusterAccess(clusters: clusters, connections: connections),
            steps: steps,
            journal: fleet.queue.journal,
            paces: paces
        )
        handlers[.collectMetrics] = CollectMetricsHandler(
            clusters: clusters,
            metrics: MetricsStore(pool: fleet.pool),
            connections: connections,
            prices: prices
        )
        handlers[.noop] = NoopHandler()
        let customers = CustomerStore(pool: fleet.pool)
        let records = SpotEventStore(pool: fleet.pool)
        let offerings = OfferingStore(pool: fleet.pool)
        handlers[.handleSpotWarning] = SpotWarningHandler(
            clusters: clusters,
            customers: customers,
            records: records,
            offerings: offerings,
            stepStore: steps,
            connections: connections,
            sessions: sessions,
            paces: paces,
            types: InstanceTypes(),
            queue: fleet.queue
        )
        handlers[.settleInterruption] = SettleInterruptionHandler(
            clusters: clusters,
            customers: customers,
            records: records,
            offerings: offerings,
            stepStore: steps,
            journal: fleet.queue.journal,
            connections: connections,
            sessions: sessions
        )
        let ghosts = GhostAccess(
            clusters: ClusterAccess(clusters: clusters, connections: connections),
            customers: customers,
            ghosts: GhostStore(pool: fleet.pool),
            steps: steps,
            sessions: sessions,
            prices: prices,
            queue: fleet.queue,
            settings: ghostSettings
        )
        handlers[.scanGhosts] = ScanGhostsHandler(access: ghosts)
        handlers[.terminateGhost] = TerminateGhostHandler(access: ghosts)
        handlers[.sendNotification] = SendNotificationHandler(
            channels: NotificationChannelStore(pool: fleet.pool, keyring: keyring),
            outbox: NotificationStore(pool: fleet.pool),
            sender: ChannelSender(
                http: http,
                policy: try settings.customerAddressPolicy(),
                mail: try settings.mail()
            )
        )
        handlers[.preflight] = PreflightHandler(
            access: ClusterAccess(clusters: clusters, connections: connections),
            customers: customers,
            sessions: sessions,
            store: PreflightStore(pool: fleet.pool)
        )
        let worker = WorkerRuntime(
            queue: fleet.queue,
            handlers: handlers.mapValues { TracedHandler(handler: $0) },
            configuration: configuration,
            host: FleetProcess.host,
            logger: logger
        )
        let drain = DrainFlag()
        let telemetry = try TelemetryServer(
            settings: settings,
            registry: registry,
            readiness: Readiness(fleet: fleet, drain: drain),
            logger: logger
        )
        // Metrics are shown until all jobs have ended.
        let services: [(any Service)?] = [fleet.service, telemetry, worker, drain.service]
        try await FleetProcess.serve(
            services.compactMap(\.self),
            drainLimit: configuration.drainLimit + .seconds(10),
            logger: logger
        )
        await http.shutdown()
    }

    /// The handlers of what changes nodes and workloads.
    static func clusterHandlers(
        _ access: ClusterAccess,
        steps: StepStore,
        journal: JobJournal,
        paces: ClusterPaces
    ) -> [JobType: any JobHandler] {
        [
            .cordonNode: CordonNodeHandler(access: access, steps: steps),
            .uncordonNode: UncordonNodeHandler(
                access: access,
                steps: steps,
                holders: NodeHolders(journal: journal)
            ),
            .drainNode: DrainNodeHandler(
                access: access,
                steps: steps,
                journal: journal,
                paces: paces
            ),
            .scaleDeployment: ScaleDeploymentHandler(access: access, steps: steps),
        ]
    }
}

extension Settings {
    /// The server that takes mail, and who sends it; nil if none is set.
    func mail() throws -> ChannelSender.Mail? {
        guard let url = text(.mailServer) else { return nil }
        let server: MailServer
        do {
            server = try MailServer(url)
        } catch {
            throw SettingError(
                .mailServer,
                value: url,
                expected: "like smtps://user:password@mail.example.com:465: \(error.message)"
            )
        }
        guard let sender = text(.mailSender), MailSender.isAddress(sender) else {
            throw SettingError(
                .mailSender,
                value: text(.mailSender) ?? "",
                expected: "an address such as cloudoptim@example.com, with CLOUDOPTIM_SMTP_URL"
            )
        }
        return ChannelSender.Mail(server: server, sender: sender)
    }

    /// The operator's price table, or the one of the release.
    func prices() throws -> PriceTable {
        guard let path = text(.priceTable) else { return try .builtIn() }
        do {
            return try PriceTable(json: Array(try Data(contentsOf: URL(filePath: path))))
        } catch {
            throw SettingError(.priceTable, value: path, expected: "a readable price table: \(error)")
        }
    }
}
