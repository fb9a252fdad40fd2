public import Cryptography
import FoundationEssentials
public import Jobs
public import Logging
public import Postgres
public import Redis
import Store

/// A database and a Redis key space of a test's own, with the queue over both.
public struct TestFleet: Sendable {
    /// The database's name.
    public let databaseName: String
    /// The root of the Redis keys.
    public let fleetName: String
    /// Connections to the database.
    public let pool: PostgresPool
    /// Connections to Redis.
    public let redis: RedisClient
    /// The queue.
    public let queue: JobQueue
    /// Seals tokens.
    public let keyring: SealingKeyring
    /// Logs nothing.
    public let logger: Logger

    /// Runs a test with a fleet of its own, which is gone after.
    public static func with(_ body: (TestFleet) async throws -> Void) async throws {
        let fleet = try await make()
        do {
            try await body(fleet)
        } catch {
            try? await fleet.remove()  // the test's own error tells more
            throw error
        }
        try await fleet.remove()
    }

    /// A second process's view of the same database and keys.
    public func another() throws -> JobQueue {
        let journal = JobJournal(pool: pool)
        return JobQueue(
            journal: journal,
            index: LiveIndex(redis: redis, journal: journal, fleet: fleetName),
            logger: logger
        )
    }

    /// What ``keyring`` is made of, for processes.
    public static let masterKey = Base64.encode([UInt8](repeating: 7, count: 32))

    private static let copying = Turnstile(width: 2)

    private static func make() async throws -> TestFleet {
        let template = try await TemplateDatabase.shared.name()
        let name = "co_test_\(UUID().text.prefix(13).filter { $0 != "-" })"
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = PostgresPool(configuration: try TestServers.database(), size: 2, logger: logger)
        // Copies of many tests at once would wait for each other until their time limit.
        try await copying.pass {
            _ = try await server.execute(
                "CREATE DATABASE \(identifier: name) TEMPLATE \(identifier: template)"
            )
        }
        await server.close()
        let pool = PostgresPool(configuration: try TestServers.database(name), size: 8, logger: logger)
        let redis = RedisClient(configuration: try TestServers.redis(), logger: logger)
        let journal = JobJournal(pool: pool)
        let fleet = String(name.map { $0 == "_" ? "-" : $0 })
        return TestFleet(
            databaseName: name,
            fleetName: fleet,
            pool: pool,
            redis: redis,
            queue: JobQueue(
                journal: journal,
                index: LiveIndex(redis: redis, journal: journal, fleet: fleet),
                logger: logger
            ),
            keyring: try SealingKeyring(parsing: masterKey),
            logger: logger
        )
    }

    /// Deletes every Redis key of this fleet, as a Redis that lost its data.
    public func wipeRedis() async throws {
        var cursor = "0"
        repeat {
            let reply = try await redis.send(
                RedisCommand("SCAN", [.string(cursor), "MATCH", .string("{\(fleetName)}:*"), "COUNT", 1000])
            )
            guard let parts = reply.array, parts.count == 2, let keys = parts[1].array else { return }
            if !keys.isEmpty {
                _ = try await redis.send(
                    RedisCommand("DEL", keys.compactMap(\.string).map(RedisArgument.string))
                )
            }
            cursor = parts[0].string ?? "0"
        } while cursor != "0"
    }

    private func remove() async throws {
        try await wipeRedis()
        await redis.close()
        await pool.close()
        let server = PostgresPool(configuration: try TestServers.database(), size: 1, logger: logger)
        _ = try await server.execute("DROP DATABASE IF EXISTS \(identifier: databaseName) WITH (FORCE)")
        await server.close()
    }
}

/// One migrated database a test run, of which the tests' databases are copies.
private actor TemplateDatabase {
    static let shared = TemplateDatabase()

    private var making: Task<String, any Error>?

    func name() async throws -> String {
        if let making { return try await making.value }
        let task = Task { try await Self.make() }  // shared by all tests that wait for it
        making = task
        return try await task.value
    }

    private static func make() async throws -> String {
        let name = "co_template_\(UUID().text.prefix(8))"
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = PostgresPool(configuration: try TestServers.database(), size: 1, logger: logger)
        _ = try await server.execute("CREATE DATABASE \(identifier: name)")
        await server.close()
        let pool = PostgresPool(configuration: try TestServers.database(name), size: 1, logger: logger)
        _ = try await Schema(pool: pool).migrate()
        await pool.close()
        return name
    }
}
