public import Bootstrap
import HTTPTypes
import Hummingbird
public import Logging
import NIOCore
public import ServiceLifecycle
import Store

/// `/metrics`, `/health` and `/ready` of a process that serves nothing else, without a key: for whoever reaches the
/// address, which is the loopback one unless the operator says otherwise.
public struct TelemetryServer: Service {
    private let host: String
    private let port: Int
    private let registry: PrometheusRegistry
    private let readiness: Readiness
    private let logger: Logger

    /// nil if no port is set.
    ///
    /// - Parameters:
    ///   - settings: `METRICS_PORT`, `METRICS_HOST`.
    ///   - registry: What is shown.
    ///   - readiness: What decides whether the process is ready.
    ///   - logger: Says where it listens.
    /// - Throws: `SettingError`.
    public init?(
        settings: Settings,
        registry: PrometheusRegistry,
        readiness: Readiness,
        logger: Logger
    ) throws {
        guard settings.text(.metricsPort) != nil else { return nil }
        port = try settings.integer(.metricsPort, in: 1...65_535, default: 9090)
        host = settings.text(.metricsHost) ?? "127.0.0.1"
        self.registry = registry
        self.readiness = readiness
        self.logger = logger
    }

    /// Serves until shutdown.
    ///
    /// - Throws: If the address cannot be listened on.
    public func run() async throws {
        let address = "\(host):\(port)"
        let application = Application(
            router: router(),
            configuration: .init(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { [logger] _ in
                logger.notice("showing metrics", metadata: ["address": "\(address)"])
            },
            logger: logger
        )
        do {
            try await application.run()
        } catch let error as IOError {
            throw FleetError(reason: "METRICS_PORT: cannot listen on \(address): \(error)")
        }
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.get("health") { _, _ in try Self.json(["status": .string("ok")]) }
        router.get("ready") { [readiness] _, _ in
            let problems = await readiness.problems()
            guard problems.isEmpty else {
                return try Self.json(
                    ["status": .string("not ready"), "problems": .array(problems.map(JSONValue.string))],
                    status: .serviceUnavailable
                )
            }
            return try Self.json(["status": .string("ready")])
        }
        router.get("metrics") { [registry] _, _ in Self.exposition(registry.exposition()) }
        return router
    }

    /// An answer in Prometheus's text format.
    private static func exposition(_ text: String) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }

    private static func json(
        _ members: [String: JSONValue],
        status: HTTPResponse.Status = .ok
    ) throws -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try JSONValue.object(members).serialized()))
        )
    }
}
