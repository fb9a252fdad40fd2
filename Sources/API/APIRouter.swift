import Bootstrap
import FoundationEssentials
import HTTPClient
import Hummingbird
import Interruptions
import Jobs
import Logging
import NIOCore
import Store
import Telemetry

/// Every route, with what it stands on.
struct APIRouter {
    static let prefix = "api/v1"

    let health: HealthController
    let queue: JobQueue
    let jobs: JobController
    let queues: QueueController
    let schedules: ScheduleController
    let customers: CustomerController
    let clusters: ClusterController
    let preflight: PreflightController
    let kubernetes: KubernetesController
    let clusterTasks: ClusterTaskController
    let events: EventController
    let intake: EventIntakeController
    let scanner: ScannerController
    let channels: NotificationChannelController
    let notifications: NotificationController
    let keys: APIKeyController
    let authentication: AuthenticationMiddleware

    init(
        fleet: Fleet,
        settings: Settings,
        http: HTTPClient,
        registry: PrometheusRegistry,
        drain: DrainFlag,
        logger: Logger
    ) throws {
        let clusterStore = ClusterStore(pool: fleet.pool, keyring: try settings.keyring())
        let customerStore = CustomerStore(pool: fleet.pool)
        let keyStore = APIKeyStore(pool: fleet.pool)
        let waits = OutcomeWaits(journal: fleet.queue.journal, logger: logger)
        health = HealthController(
            fleet: fleet,
            registry: registry,
            readiness: Readiness(fleet: fleet, drain: drain)
        )
        queue = fleet.queue
        jobs = JobController(
            queue: fleet.queue,
            clusters: clusterStore,
            customers: customerStore,
            waits: waits
        )
        queues = QueueController(queue: fleet.queue)
        let scheduleStore = ScheduleStore(pool: fleet.pool)
        schedules = ScheduleController(
            schedules: scheduleStore,
            leadership: LeadershipStore(pool: fleet.pool),
            jobs: ScheduledJobs(
                queue: fleet.queue,
                store: scheduleStore,
                targets: { try await clusterStore.active() },
                logger: logger
            )
        )
        preflight = PreflightController(
            clusters: clusterStore,
            preflights: PreflightStore(pool: fleet.pool),
            queue: fleet.queue,
            waits: waits
        )
        customers = CustomerController(store: customerStore, preflight: preflight)
        clusters = ClusterController(
            clusters: clusterStore,
            customers: customerStore,
            policy: try settings.customerAddressPolicy(),
            preflight: preflight
        )
        kubernetes = KubernetesController(
            clusters: clusterStore,
            connections: try ClusterConnections(
                clusters: clusterStore,
                http: http,
                sessions: try CustomerSessions(http: http, logger: logger),
                settings: settings
            ),
            queue: fleet.queue,
            waits: waits
        )
        clusterTasks = ClusterTaskController(clusters: clusterStore, queue: fleet.queue, waits: waits)
        let eventStore = SpotEventStore(pool: fleet.pool)
        let letters = DeadLetterStore(pool: fleet.pool)
        events = EventController(
            inbox: InterruptionInbox(queue: fleet.queue, events: eventStore, letters: letters),
            events: eventStore,
            customers: customerStore
        )
        intake = EventIntakeController(letters: letters, queues: QueueLeaseStore(pool: fleet.pool))
        scanner = ScannerController(
            ghosts: GhostStore(pool: fleet.pool),
            clusters: clusterStore,
            customers: customerStore,
            queue: fleet.queue
        )
        channels = NotificationChannelController(
            channels: NotificationChannelStore(pool: fleet.pool, keyring: try settings.keyring()),
            outbox: NotificationStore(pool: fleet.pool),
            customers: customerStore,
            policy: try settings.customerAddressPolicy()
        )
        notifications = NotificationController(outbox: NotificationStore(pool: fleet.pool))
        keys = APIKeyController(store: keyStore, customers: customerStore)
        let limit = try settings.decimal(.rateLimit, in: 1...1_000_000, default: 1000)
        authentication = AuthenticationMiddleware(
            authenticator: APIKeyAuthenticator(store: keyStore),
            limiter: RateLimiter(perSecond: limit)
        )
    }

    func build() throws -> Router<APIContext> {
        let table = RouteTable()
        let router = Router(context: APIContext.self)
        router.add(middleware: RequestIDMiddleware())
        router.add(middleware: ErrorMiddleware(routes: table))
        router.add(middleware: MetricsMiddleware())
        health.add(to: router, table)
        let guarded = router.group("").add(middleware: authentication)
        health.addMetrics(to: Routes(group: guarded, table: table, prefix: ""))
        let routes = Routes(group: guarded.group(RouterPath(Self.prefix)), table: table, prefix: Self.prefix)
        jobs.add(to: routes)
        JobControlController(queue: queue).add(to: routes)
        queues.add(to: routes)
        DeadJobController(queue: queue).add(to: routes)
        AutoscaleController(queue: queue).add(to: routes)
        schedules.add(to: routes)
        customers.add(to: routes)
        clusters.add(to: routes)
        preflight.add(to: routes)
        kubernetes.add(to: routes)
        clusterTasks.add(to: routes)
        events.add(to: routes)
        intake.add(to: routes)
        scanner.add(to: routes)
        channels.add(to: routes)
        notifications.add(to: routes)
        keys.add(to: routes)
        table.add("GET", "openapi.json")
        let document = ByteBuffer(bytes: try OpenAPIDocument().json(table.all))
        router.get("openapi.json") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "application/json; charset=utf-8"],
                body: ResponseBody(byteBuffer: document)
            )
        }
        return router
    }
}
