import Foundation
import Logging
import Postgres
import Testing

/// The server the tests talk to.
enum TestDatabase {
    static let logger = Logger(label: "postgres.tests")

    static func configuration() throws -> PostgresConfiguration {
        let variable = "CLOUDOPTIM_TEST_DATABASE_URL"
        let url = try #require(
            ProcessInfo.processInfo.environment[variable],
            "set \(variable) to a database's URL"
        )
        return try PostgresConfiguration(url: url)
    }

    static func connect(
        _ adjust: (inout PostgresConfiguration) -> Void = { _ in }
    ) async throws -> PostgresConnection {
        var configuration = try configuration()
        adjust(&configuration)
        return try await PostgresConnection.connect(configuration, logger: logger)
    }

    static func pool(
        size: Int = 4,
        waitLimit: Duration = .seconds(5),
        _ adjust: (inout PostgresConfiguration) -> Void = { _ in }
    ) throws -> PostgresPool {
        var configuration = try configuration()
        adjust(&configuration)
        return PostgresPool(configuration: configuration, size: size, waitLimit: waitLimit, logger: logger)
    }

    /// A name no other test uses.
    static func uniqueName(_ prefix: String) -> String {
        prefix + "_" + UUID().uuidString.replacing("-", with: "").lowercased()
    }
}

/// The error a piece of work throws.
func failure(_ work: () async throws -> Void) async -> PostgresError? {
    do {
        try await work()
        return nil
    } catch { return error as? PostgresError }
}

/// Waits until something has become true, at most ten seconds.
func eventually(_ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, "did not become true in time")
        try await Task.sleep(for: .milliseconds(5))
    }
}
