import FoundationEssentials
import Foundation
public import Postgres
public import Redis

/// The real servers that tests run against.
public enum TestServers {
    /// PostgreSQL, as a user who may make databases.
    ///
    /// - Throws: ``TestServerMissing`` saying what to set.
    public static func database(_ name: String = "postgres") throws -> PostgresConfiguration {
        var components = try url(of: "CLOUDOPTIM_TEST_DATABASE_URL")
        components.path = "/\(name)"
        return try PostgresConfiguration(url: components.string ?? "")
    }

    /// The same as text, for processes.
    public static func databaseURL(_ name: String) throws -> String {
        var components = try url(of: "CLOUDOPTIM_TEST_DATABASE_URL")
        components.path = "/\(name)"
        return components.string ?? ""
    }

    /// Redis, shared with other tests: everything goes under a fleet name of one's own.
    public static func redis() throws -> RedisConfiguration {
        try RedisConfiguration(url: try redisURL())
    }

    /// The same as text, for processes.
    public static func redisURL() throws -> String {
        try url(of: "CLOUDOPTIM_TEST_REDIS_URL").string ?? ""
    }

    private static func url(of key: String) throws -> URLComponents {
        guard let text = ProcessInfo.processInfo.environment[key],
            let components = URLComponents(string: text)
        else {
            throw TestServerMissing(key: key)
        }
        return components
    }
}

/// A server that tests need was not named.
public struct TestServerMissing: Error, CustomStringConvertible {
    /// The environment variable to set.
    public let key: String

    /// What to do.
    public var description: String { "set \(key), or run ops/test, which starts the servers" }
}
