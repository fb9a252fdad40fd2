public import Jobs
public import Logging
public import Postgres
public import Redis
public import ServiceLifecycle
import Store

/// What every process of the fleet stands on: PostgreSQL, Redis, and the queue over both.
public struct Fleet: Sendable {
    /// Connections to PostgreSQL.
    public let pool: PostgresPool
    /// Connections to Redis.
    public let redis: RedisClient
    /// The way in for jobs, and the view of them.
    public let queue: JobQueue
    /// What the process logs to.
    public let logger: Logger

    /// Opens nothing yet: connections are made when they are first needed.
    ///
    /// - Parameters:
    ///   - settings: Where the servers are.
    ///   - processName: As the servers see it.
    ///   - logger: What the process logs to.
    /// - Throws: What the layers below throw.
    public init(settings: Settings, processName: String, logger: Logger) throws {
        var database = try settings.database()
        database.applicationName = processName
        var redisConfiguration = try settings.redis()
        redisConfiguration.clientName = processName
        let size = try settings.integer(.databasePoolSize, in: 2...200, default: 10)
        pool = PostgresPool(configuration: database, size: size, logger: logger)
        redis = RedisClient(configuration: redisConfiguration, logger: logger)
        let journal = JobJournal(pool: pool)
        let index = LiveIndex(redis: redis, journal: journal, fleet: try settings.fleet())
        let limit = try settings.integer(.queueLimit, in: 1...100_000_000, default: 1_000_000)
        queue = JobQueue(journal: journal, index: index, limit: limit, logger: logger)
        self.logger = logger
    }

    /// Refuses a database or a Redis that would lose or misread something.
    ///
    /// - Throws: ``FleetError``; the servers' errors.
    public func check() async throws {
        let state = try await Schema(pool: pool).state()
        guard state == .current else { throw FleetError(reason: state.description) }
        try await checkEviction()
    }

    private func checkEviction() async throws {
        let info = try await redis.send(RedisCommand("INFO", ["memory"])).string ?? ""
        let policy = Self.value(of: "maxmemory_policy", in: info) ?? "unknown"
        guard policy == "noeviction" else {
            throw FleetError(
                reason: """
                    Redis may evict keys (maxmemory-policy is \(policy)): jobs would vanish; \
                    set maxmemory-policy noeviction
                    """
            )
        }
        let persistence = try await redis.send(RedisCommand("INFO", ["persistence"])).string ?? ""
        if Self.value(of: "aof_enabled", in: persistence) == "0" {
            logger.warning("Redis keeps no append-only file: a restart costs a rebuild from PostgreSQL")
        }
    }

    static func value(of key: String, in info: String) -> String? {
        info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("\(key):") }
            .map { String($0.dropFirst(key.count + 1)) }
    }

    /// Keeps the connections until shutdown: first in a service group, so that it ends last.
    public var service: any Service { ConnectionService(pool: pool, redis: redis) }

    /// Closes the connections.
    public func close() async {
        await redis.close()
        await pool.close()
    }
}

/// A server that this process must not work with.
public struct FleetError: Error, CustomStringConvertible {
    /// Why.
    public let reason: String

    /// Makes an error.
    public init(reason: String) {
        self.reason = reason
    }

    /// Why.
    public var description: String { reason }
}

private struct ConnectionService: Service {
    let pool: PostgresPool
    let redis: RedisClient

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await pool.run() }
            group.addTask { await redis.run() }
            try? await gracefulShutdown()  // also returns on cancellation, and then too we must close
            await redis.close()
            await pool.close()
            group.cancelAll()
        }
    }
}
