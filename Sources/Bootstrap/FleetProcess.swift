public import Logging
import Metrics
public import ServiceLifecycle
import UnixSignals

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// How a process of the fleet starts and stops.
public enum FleetProcess {
    /// Sets up logging and metrics, runs the body, and turns what it throws into one line and exit code 1.
    ///
    /// - Parameters:
    ///   - name: The process's name.
    ///   - body: Gets settings, logger and the registry of its metrics.
    public static func run(
        _ name: String,
        _ body: (Settings, Logger, PrometheusRegistry) async throws -> Void
    ) async {
        prepare()
        let settings = Settings()
        let level: Logger.Level
        do {
            level = try settings.logLevel()
        } catch {
            stop(name, error)
        }
        LoggingSystem.bootstrap { label in JSONLogHandler(label: label, level: level) }
        let registry = PrometheusRegistry()
        MetricsSystem.bootstrap(registry)
        let logger = Logger(label: name)
        defer { JSONLogHandler.flush() }
        do {
            try await body(settings, logger, registry)
        } catch is CancellationError {
            stop(name, "the limit for a graceful shutdown passed")
        } catch {
            stop(name, error)
        }
    }

    /// Thousands of connections need descriptors, and a peer that hangs up must be an error and not a signal.
    private static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Runs services until SIGTERM or SIGINT.
    ///
    /// - Parameters:
    ///   - services: In the order they start; they stop in reverse.
    ///   - drainLimit: How long they may take to stop.
    ///   - logger: Says what starts and stops.
    /// - Throws: What the layers below throw.
    public static func serve(_ services: [any Service], drainLimit: Duration, logger: Logger) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        configuration.maximumGracefulShutdownDuration = drainLimit
        configuration.maximumCancellationDuration = .seconds(5)
        try await ServiceGroup(configuration: configuration).run()
    }

    /// The name of this machine.
    public static var host: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func stop(_ name: String, _ reason: Any) -> Never {
        JSONLogHandler.flush()
        let line = Array("\(name): \(reason)\n".utf8)
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        exit(1)
    }
}
