import Foundation
import Postgres
import Testing

@Suite("Server", .timeLimit(.minutes(1))) struct ServerTests {
    @Test func poolSurvivesARestart() async throws {
        try await PrivateServer.with { server in
            try await server.start()
            let pool = PostgresPool(
                configuration: try PostgresConfiguration(url: server.url),
                size: 4,
                logger: TestDatabase.logger
            )
            try await withThrowingTaskGroup { group in
                for _ in 0..<4 { group.addTask { try await pool.execute("SELECT pg_sleep(0.1)") } }
                try await group.waitForAll()
            }
            #expect(pool.stats.idle == 4)

            try await server.kill()
            for _ in 0..<10 {
                let started = ContinuousClock.now
                let error = await failure { try await pool.execute("SELECT 1") }
                #expect(error?.code == .connectionFailed)
                #expect(error?.isRetryable == true)
                #expect(ContinuousClock.now - started < .seconds(3))
            }
            // Down for a while: nobody waits any more.
            let started = ContinuousClock.now
            #expect(await failure { try await pool.execute("SELECT 1") }?.code == .connectionFailed)
            #expect(ContinuousClock.now - started < .seconds(1))

            try await server.start()
            try await eventually { await failure { try await pool.execute("SELECT 1") } == nil }
            #expect(pool.stats.used == 0)

            // A restart that nobody notices: all connections went stale between two calls.
            try await server.kill()
            try await server.start()
            do {
                let count = try await pool.execute("SELECT 1")
                #expect(count == 1)
            }
            try await server.kill()
            try await server.start()
            let answer = try await pool.withTransaction { try await $0.query("SELECT 1 AS n").count }
            #expect(answer == 1)
            await pool.close()
        }
    }

    @Test func callersWaitThroughAShortAbsence() async throws {
        try await PrivateServer.with { server in
            let pool = PostgresPool(
                configuration: try PostgresConfiguration(url: server.url),
                logger: TestDatabase.logger
            )
            let early = Task { try await pool.execute("SELECT 1") }
            try await eventually { pool.stats.waiting == 1 }
            #expect(await failure { _ = try await early.value }?.code == .connectionFailed)
            try await server.start()
            try await eventually { await failure { try await pool.execute("SELECT 1") } == nil }
            await pool.close()
        }
    }

    @Test func certificatesAreVerified() async throws {
        try await PrivateServer.with { server in
            let authorities = try await server.enableTLS()
            try await server.start()
            func connect(_ host: String, _ authority: String) async throws -> Bool {
                let url =
                    "postgres://owner@\(host):\(server.port)/postgres?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert=\(authority)"
                let connection = try await PostgresConnection.connect(
                    try PostgresConfiguration(url: url),
                    logger: TestDatabase.logger
                )
                let rows = try await connection.query(
                    "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
                )
                // Cancelling works beside TLS, and much data passes.
                let task = Task { try await connection.execute("SELECT pg_sleep(5)") }
                try await Task.sleep(for: .milliseconds(50))
                task.cancel()
                #expect(await failure { _ = try await task.value }?.code == .cancelled)
                let text = String(repeating: "x", count: 5_000_000)
                let echoed = try await connection.query("SELECT \(text) AS text")
                #expect(try echoed[0].decode("text", as: String.self) == text)
                return try rows[0].decode("ssl")
            }
            let isEncrypted = try await connect("localhost", authorities.right)
            #expect(isEncrypted)
            let wrongAuthority = await failure { _ = try await connect("localhost", authorities.wrong) }
            #expect(wrongAuthority?.code == .connectionFailed)
            #expect(wrongAuthority?.message.contains("certificate verify failed") == true)
            let wrongName = await failure { _ = try await connect("otherhost", authorities.right) }
            #expect(wrongName?.code == .connectionFailed)
        }
    }

    @Test func passwords() async throws {
        try await PrivateServer.with { server in
            try await server.start()
            let owner = try await PostgresConnection.connect(
                try PostgresConfiguration(url: server.url),
                logger: TestDatabase.logger
            )
            try await owner.executeScript("CREATE ROLE guarded LOGIN PASSWORD 'open sesame@:/'")
            func connect(_ configuration: PostgresConfiguration) async throws -> Int {
                let connection = try await PostgresConnection.connect(
                    configuration,
                    logger: TestDatabase.logger
                )
                return try await connection.execute("SELECT 1")
            }
            let parts = PostgresConfiguration(
                host: "127.0.0.1",
                port: server.port,
                database: "postgres",
                user: "guarded",
                password: "open sesame@:/"
            )
            do {
                let count = try await connect(parts)
                #expect(count == 1)
            }
            let address = "127.0.0.1:\(server.port)/postgres"
            let url = try PostgresConfiguration(url: "postgres://guarded:open%20sesame%40%3A%2F@\(address)")
            do {
                let count = try await connect(url)
                #expect(count == 1)
            }
            let wrong = try PostgresConfiguration(url: "postgres://guarded:tahini@\(address)")
            let error = await failure { _ = try await connect(wrong) }
            #expect(error?.code == .connectionFailed)
            #expect(error?.message.contains("password authentication failed") == true)
            #expect(error.map { "\($0)".contains("tahini") } == false)
            #expect("\(wrong)\(String(reflecting: wrong))".contains("tahini") == false)
        }
    }
}
