import Postgres
import TestKit
import Testing

@Suite("Configuration of processes", .timeLimit(.minutes(3))) struct ConfigurationTests {
    private static let secret = "hunter2-hunter2"

    private struct Case {
        let executable: Executable
        let key: String
        let value: String
        let expectation: String

        init(_ executable: Executable, _ key: String, _ value: String, _ expectation: String) {
            self.executable = executable
            self.key = key
            self.value = value
            self.expectation = expectation
        }
    }

    private static let cases = [
        Case(.api, "CENTRAL_SERVER_PORT", "99999", "1 to 65535"),
        Case(.api, "CLOUDOPTIM_RATE_LIMIT", "0", "1"),
        Case(.api, "CLOUDOPTIM_ALLOW_PRIVATE_ENDPOINTS", "maybe", "true or false"),
        Case(.api, "CLOUDOPTIM_MASTER_KEY", secret, "32 bytes in base64"),
        Case(.api, "CLOUDOPTIM_MASTER_KEY", "", "32 bytes in base64"),
        Case(.api, "CLOUDOPTIM_ADMIN_API_KEY", secret, "20 characters"),
        Case(.api, "LOG_LEVEL", "loud", "trace"),
        Case(.api, "CLOUDOPTIM_FLEET", "No Fleet", "a-z"),
        Case(.api, "DATABASE_URL", "postgres://\(secret):x:y:z", "postgres://"),
        Case(.api, "REDIS_URL", "http://\(secret)", "redis://"),
        Case(.api, "DB_POOL_SIZE", "1", "2 to 200"),
        Case(.api, "DRAIN_SECONDS", "0", "1 to 3600"),
        Case(.worker, "WORKER_CONCURRENCY", "0", "1 to 1000"),
        Case(.worker, "METRICS_PORT", "0", "1 to 65535"),
        Case(.scheduler, "METRICS_PORT", "x", "1 to 65535"),
        Case(.worker, "WORKER_RESERVE", "x", "0 to 999"),
        Case(.worker, "WORKER_QUEUES", "nap", "noop"),
        Case(.worker, "K8S_API_TIMEOUT_SECONDS", "0", "1 to 300"),
        Case(.worker, "K8S_API_RETRY_ATTEMPTS", "11", "1 to 10"),
        Case(.worker, "K8S_API_BACKOFF_FACTOR", "0.5", "1"),
        Case(.worker, "CLOUDOPTIM_PRICE_TABLE", "/nothing/here", "price table"),
        Case(.scheduler, "METRICS_INTERVAL_SECONDS", "1", "5 to 3600"),
        Case(.scheduler, "CLOUDOPTIM_MASTER_KEY", "id:\(secret)", "32 bytes in base64"),
    ]

    @Test func stopsAtAValueThatIsNotValid() async throws {
        try await ProcessFleet.with { fleet, _ in
            for wrong in Self.cases {
                let environment = fleet.environment.merging([wrong.key: wrong.value]) { $1 }
                let (code, output) = try await ChildProcess.run(
                    [try wrong.executable.path()],
                    environment: environment
                )
                check(wrong.key, code, output, expectation: wrong.expectation)
                let isSecret = wrong.value.contains(Self.secret)
                if !isSecret, !wrong.value.isEmpty { #expect(output.contains(wrong.value), "\(wrong.key)") }
            }
        }
    }

    @Test func stopsAtAnOptionThatIsNotValid() async throws {
        try await ProcessFleet.with { fleet, _ in
            for (executable, option, value, expectation) in [
                (Executable.api, "--port", "99999", "1 to 65535"), (.api, "--port", "0", "1 to 65535"),
                (.worker, "--concurrency", "0", "1 to 1000"), (.worker, "--reserve", "64", "0 to 63"),
                (.worker, "--queues", "nap", "noop"),
            ] {
                let (code, output) = try await ChildProcess.run(
                    [try executable.path(), option, value],
                    environment: fleet.environment
                )
                check(option, code, output, expectation: expectation)
            }
        }
    }

    @Test func refusesADatabaseThatWasNotMigrated() async throws {
        try await ProcessFleet.with { fleet, servers in
            _ = try await servers.pool.execute("DROP TABLE schema_migrations")
            for executable in [Executable.api, .worker, .scheduler] {
                let (code, output) = try await ChildProcess.run(
                    [try executable.path()],
                    environment: fleet.environment
                )
                check("migrate", code, output, expectation: executable.rawValue)
            }
        }
    }

    @Test func refusesServersThatAreAway() async throws {
        try await ProcessFleet.with { fleet, _ in
            for (key, url) in [
                ("DATABASE_URL", "postgres://u:\(Self.secret)@127.0.0.1:1/none"),
                ("REDIS_URL", "redis://:\(Self.secret)@127.0.0.1:1"),
            ] {
                let (code, output) = try await ChildProcess.run(
                    [try Executable.worker.path()],
                    environment: fleet.environment.merging([key: url]) { $1 }
                )
                check(key == "REDIS_URL" ? "redis" : "postgres", code, output, expectation: "127.0.0.1")
            }
        }
    }

    /// One line beside the log, which names the key and what would be valid, but no secret.
    private func check(
        _ key: String,
        _ code: Int,
        _ output: String,
        expectation: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(code == 1, "\(key): \(output)", sourceLocation: sourceLocation)
        let lines = output.split(separator: "\n").filter { !$0.hasPrefix("{") }
        #expect(lines.count == 1, "\(key): \(output)", sourceLocation: sourceLocation)
        #expect(output.contains(key), "\(output)", sourceLocation: sourceLocation)
        #expect(output.contains(expectation), "\(output)", sourceLocation: sourceLocation)
        #expect(!output.contains(Self.secret), "\(key)", sourceLocation: sourceLocation)
    }
}
