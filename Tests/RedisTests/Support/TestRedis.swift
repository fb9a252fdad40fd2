import Glibc
import Logging
import Redis
import Testing

/// The shared server of the tests, and a prefix of its own for each test.
enum TestRedis {
    static func url() throws -> String {
        let value = try #require(
            getenv("CLOUDOPTIM_TEST_REDIS_URL"),
            "set CLOUDOPTIM_TEST_REDIS_URL, for example redis://127.0.0.1:6379"
        )
        return String(cString: value)
    }

    static func configuration() throws -> RedisConfiguration {
        try RedisConfiguration(url: url())
    }

    /// Runs the body with a client and a key prefix; the prefix's keys are removed and the client closed after.
    static func with(
        _ change: (inout RedisConfiguration) -> Void = { _ in },
        _ body: (RedisClient, String) async throws -> Void
    ) async throws {
        var configuration = try configuration()
        // Of its own as well, so that a test can tell its connections from those of others.
        configuration.clientName = "test-\(UInt64.random(in: 0...UInt64.max))"
        change(&configuration)
        let client = RedisClient(configuration: configuration, logger: Logger(label: "test"))
        let prefix = "test:redis:\(UInt64.random(in: 0...UInt64.max)):"
        do {
            try await body(client, prefix)
        } catch {
            await client.close()
            throw error
        }
        let keys = try await client.send(RedisCommand("KEYS", .string(prefix + "*"))).array ?? []
        for key in keys.compactMap(\.bytes) { try await client.send(RedisCommand("DEL", .bytes(key))) }
        await client.close()
    }

    /// A client of a private server, with short limits; the caller closes it.
    static func client(
        of server: PrivateRedis,
        _ change: (inout RedisConfiguration) -> Void = { _ in }
    ) -> RedisClient {
        var configuration = RedisConfiguration(host: "127.0.0.1", port: server.port)
        configuration.commandTimeout = .seconds(2)
        change(&configuration)
        return RedisClient(configuration: configuration, logger: Logger(label: "test"))
    }
}

/// Asks again and again until the condition holds, for at most so long.
func eventually(
    within limit: Duration,
    _ condition: () async throws -> Bool
) async throws -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return false
}

/// The error of a throwing call, or nil if it threw none.
func error<Value>(of body: () async throws -> Value) async -> RedisError? {
    do {
        _ = try await body()
        return nil
    } catch let error as RedisError {
        return error
    } catch {
        Issue.record(error)
        return nil
    }
}
