import Bootstrap
import HTTPClient
import Hummingbird
import Jobs
import Logging
import ServiceLifecycle
import Store
import Telemetry

extension APICommand {
    func serve(_ settings: Settings, _ logger: Logger, _ registry: PrometheusRegistry) async throws {
        let (host, port) = try address(settings)
        let fleet = try Fleet(settings: settings, processName: "cloudoptim-api", logger: logger)
        let http = HTTPClient(logger: logger)
        let drain = DrainFlag()
        let router = try APIRouter(
            fleet: fleet,
            settings: settings,
            http: http,
            registry: registry,
            drain: drain,
            logger: logger
        ).build()
        try await fleet.check()
        if let text = settings.text(.adminAPIKey) {
            guard let key = APIKeySecret(given: text) else {
                throw SettingError(.adminAPIKey, value: nil, expected: "at least 20 characters")
            }
            _ = try await APIKeyStore(pool: fleet.pool).insert(
                name: "admin",
                prefix: key.prefix,
                hash: key.hash,
                scope: .admin,
                customerID: nil
            )
        }
        let application = Application(
            router: router,
            configuration: .init(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { _ in logger.notice("listening", metadata: ["address": "\(host):\(port)"]) },
            logger: logger
        )
        try await FleetProcess.serve(
            [fleet.service, application, drain.service],
            drainLimit: .seconds(try settings.integer(.drainSeconds, in: 1...3600, default: 25)),
            logger: logger
        )
        await http.shutdown()
    }
}
