import Foundation
import Postgres
import Testing

@Suite("Connection", .timeLimit(.minutes(1))) struct ConnectionTests {
    @Test func bindsAndSplices() async throws {
        let connection = try await TestDatabase.connect()
        let condition: SQL = "n > \(2) AND n <> \(4)"
        let sql: SQL =
            "SELECT n, \("'; DROP TABLE x; --") AS \(identifier: "odd \"name\"") FROM generate_series(1, \(5)) n WHERE \(fragment: condition) ORDER BY n \(unescaped: "DESC")"
        #expect(sql.text.contains("n > $3 AND n <> $4 ORDER"))
        #expect(sql.binds.count == 4)
        let rows = try await connection.query(sql)
        let numbers = try rows.map { row in try row.decode("n", as: Int.self) }
        #expect(numbers == [5, 3])
        #expect(try rows[0].decode("odd \"name\"", as: String.self) == "'; DROP TABLE x; --")
        #expect(!sql.description.contains("DROP"))
        await connection.close()
        #expect(await failure { try await connection.execute("SELECT 1") }?.code == .closed)
    }

    @Test func countsRows() async throws {
        let connection = try await TestDatabase.connect()
        try await connection.execute("CREATE TEMPORARY TABLE t (id bigint PRIMARY KEY, name text)")
        let ids = Array(1...10_000)
        let inserted = try await connection.execute(
            "INSERT INTO t SELECT * FROM unnest(\(ids)::bigint[], \(ids.map { "name \($0)" })::text[])"
        )
        #expect(inserted == 10_000)
        #expect(try await connection.execute("DELETE FROM t WHERE id <= \(10)") == 10)
        #expect(try await connection.execute("DELETE FROM t WHERE id <= \(10)") == 0)
        #expect(try await connection.query("SELECT * FROM t WHERE false").isEmpty)
    }

    @Test func errorsHoldNoData() async throws {
        let connection = try await TestDatabase.connect()
        try await connection.execute(
            "CREATE TEMPORARY TABLE t (name text CONSTRAINT t_name PRIMARY KEY, n integer)"
        )
        let insert: SQL = "INSERT INTO t VALUES (\("secret"), 1)"
        try await connection.execute(insert)
        let duplicate = await failure { try await connection.execute(insert) }
        #expect(duplicate?.code == .server)
        #expect(duplicate?.sqlState == "23505")
        #expect(duplicate?.constraint == "t_name")
        #expect(duplicate?.isRetryable == false)
        #expect(duplicate.map { "\($0)".contains("secret") } == false)
        let syntax = await failure { try await connection.execute("SELECT \("secret \"text")::integer") }
        #expect(syntax?.sqlState == "22P02")
        #expect(syntax.map { "\($0)".contains("secret") || "\($0)".contains("text") } == false)
        #expect(try await connection.execute("SELECT 1") == 1)
    }

    @Test func scripts() async throws {
        let connection = try await TestDatabase.connect()
        try await connection.executeScript(
            "CREATE TEMPORARY TABLE a (n int); INSERT INTO a VALUES (1); CREATE TEMPORARY TABLE b (n int);"
        )
        #expect(try await connection.query("SELECT n FROM a").count == 1)
        let error = await failure {
            try await connection.executeScript("INSERT INTO a VALUES (2); SELECT nonsense; SELECT 1")
        }
        #expect(error?.sqlState == "42703")
        #expect(try await connection.query("SELECT n FROM a").count == 1)
        let copy = await failure { try await connection.executeScript("COPY a FROM STDIN") }
        #expect(copy?.code == .encoding)
        #expect(!connection.isUsable)
    }

    @Test func statementsSurviveSchemaChanges() async throws {
        let connection = try await TestDatabase.connect()
        try await connection.executeScript("CREATE TEMPORARY TABLE t (n int); INSERT INTO t VALUES (1)")
        let select: SQL = "SELECT * FROM t"
        #expect(try await connection.query(select)[0].columns == ["n"])
        try await connection.executeScript("ALTER TABLE t ADD COLUMN name text DEFAULT 'x'")
        #expect(try await connection.query(select)[0].columns == ["n", "name"])
        try await connection.executeScript("ALTER TABLE t ALTER COLUMN n TYPE text")
        let stale = await failure {
            try await connection.withTransaction { _ = try await $0.query(select) }
        }
        #expect(stale?.sqlState == "0A000")
        #expect(stale?.isRetryable == true)
        let rows = try await connection.withTransaction { try await $0.query(select) }
        #expect(try rows[0].decode("n", as: String.self) == "1")
        try await connection.executeScript("DEALLOCATE ALL")
        #expect(try await connection.query(select).count == 1)
    }

    @Test func cacheIsBounded() async throws {
        let connection = try await TestDatabase.connect { $0.statementCacheSize = 4 }
        for round in 0..<3 {
            for number in 0..<10 {
                let fragment = SQL(stringLiteral: "SELECT \(number) + ")
                let rows = try await connection.query("\(fragment: fragment)\(round)::int AS n")
                #expect(try rows[0].decode("n", as: Int.self) == number + round)
            }
        }
        let kept = try await connection.query("SELECT count(*) AS n FROM pg_prepared_statements")
        #expect(try kept[0].decode("n", as: Int.self) <= 4)
    }

    @Test func sameTextWithOtherTypes() async throws {
        let connection = try await TestDatabase.connect()
        let number = try await connection.query("SELECT pg_typeof(\(1))::text AS type")
        #expect(try number[0].decode("type", as: String.self) == "bigint")
        let text = try await connection.query("SELECT pg_typeof(\("1"))::text AS type")
        #expect(try text[0].decode("type", as: String.self) == "text")
    }

    @Test func statementTimeout() async throws {
        let connection = try await TestDatabase.connect { $0.statementTimeout = .milliseconds(100) }
        let error = await failure { try await connection.execute("SELECT pg_sleep(5)") }
        #expect(error?.code == .timedOut)
        #expect(error?.sqlState == "57014")
        #expect(error?.isRetryable == false)
        #expect(try await connection.execute("SELECT 1") == 1)
    }

    @Test func clientGivesUpOnASilentServer() async throws {
        let connection = try await TestDatabase.connect {
            $0.statementTimeout = .milliseconds(100)
            $0.answerMargin = .milliseconds(200)
        }
        let started = ContinuousClock.now
        let error = await failure {
            try await connection.executeScript("SET statement_timeout = 0; SELECT pg_sleep(20)")
        }
        #expect(error?.code == .timedOut)
        #expect(error?.outcomeUnknown == true)
        #expect(!connection.isUsable)
        #expect(ContinuousClock.now - started < .seconds(5))
    }

    @Test func cancellationDoesNotHitTheNextStatement() async throws {
        let connection = try await TestDatabase.connect()
        for round in 0..<50 {
            let task = Task { try await connection.execute("SELECT pg_sleep(5)") }
            // From before it is sent until well within it.
            try await Task.sleep(for: .microseconds(round * 200))
            let started = ContinuousClock.now
            task.cancel()
            let error = await failure { _ = try await task.value }
            #expect(error?.code == .cancelled)
            #expect(ContinuousClock.now - started < .seconds(2))
            #expect(connection.isUsable)
            let next = try await connection.query("SELECT pg_sleep(0.002), \(round) AS round")
            #expect(try next[0].decode("round", as: Int.self) == round)
        }
    }

    @Test func cancellationAfterAWhile() async throws {
        let connection = try await TestDatabase.connect()
        for _ in 0..<50 {
            let task = Task { try await connection.execute("SELECT pg_sleep(5)") }
            try await Task.sleep(for: .milliseconds(100))
            task.cancel()
            #expect(await failure { _ = try await task.value }?.code == .cancelled)
            #expect(try await connection.execute("SELECT pg_sleep(0.001)") == 1)
        }
    }

    @Test func lateCancellationsDoNothing() async throws {
        let connection = try await TestDatabase.connect()
        for round in 0..<300 {
            let task = Task { try await connection.query("SELECT \(round) AS round") }
            try await Task.sleep(for: .microseconds(round))
            task.cancel()
            let error = await failure { _ = try await task.value }
            #expect(error == nil || error?.code == .cancelled)
            #expect(try await connection.execute("SELECT 1") == 1)
        }
    }

    @Test func terminatedByAnAdministrator() async throws {
        let connection = try await TestDatabase.connect()
        let other = try await TestDatabase.connect()
        let pid = try await connection.query("SELECT pg_backend_pid() AS pid")[0].decode(
            "pid",
            as: Int32.self
        )
        let task = Task { try await connection.execute("SELECT pg_sleep(20)") }
        try await eventually {
            try await other.query(
                "SELECT FROM pg_stat_activity WHERE pid = \(pid) AND wait_event = 'PgSleep'"
            )
            .count == 1
        }
        try await other.execute("SELECT pg_terminate_backend(\(pid))")
        let error = await failure { _ = try await task.value }
        #expect(error?.code == .connectionLost)
        #expect(error?.sqlState == "57P01")
        #expect(error?.isRetryable == true)
        #expect(error?.outcomeUnknown == true)
        #expect(!connection.isUsable)
    }

    @Test func operatorsCancellation() async throws {
        let connection = try await TestDatabase.connect()
        let other = try await TestDatabase.connect()
        let pid = try await connection.query("SELECT pg_backend_pid() AS pid")[0].decode(
            "pid",
            as: Int32.self
        )
        let task = Task { try await connection.execute("SELECT pg_sleep(20)") }
        try await eventually {
            try await other.query(
                "SELECT FROM pg_stat_activity WHERE pid = \(pid) AND wait_event = 'PgSleep'"
            )
            .count == 1
        }
        try await other.execute("SELECT pg_cancel_backend(\(pid))")
        #expect(await failure { _ = try await task.value }?.code == .cancelled)
        #expect(connection.isUsable)
    }

    @Test func refusedConnections() async throws {
        let nobody = PostgresConfiguration(
            host: "127.0.0.1",
            port: 1,
            database: "d",
            user: "u",
            password: "sesame"
        )
        let error = await failure {
            _ = try await PostgresConnection.connect(nobody, logger: TestDatabase.logger)
        }
        #expect(error?.code == .connectionFailed)
        #expect(error?.isRetryable == true)
        #expect("\(nobody)\(String(reflecting: nobody))".contains("sesame") == false)
        var dumped = ""
        dump(nobody, to: &dumped)
        #expect(!dumped.contains("sesame"))
    }

    @Test func connectTimeoutAndCancellation() async throws {
        // TEST-NET-1: nobody answers; a machine without a route refuses at once.
        var nowhere = PostgresConfiguration(
            host: "192.0.2.1",
            port: 5432,
            database: "d",
            user: "u",
            password: nil
        )
        nowhere.connectTimeout = .milliseconds(300)
        let started = ContinuousClock.now
        let configuration = nowhere
        let error = await failure {
            _ = try await PostgresConnection.connect(configuration, logger: TestDatabase.logger)
        }
        #expect(error?.code == .connectionFailed)
        #expect(ContinuousClock.now - started < .seconds(3))
    }

    @Test(arguments: [
        "postgres://u:sesame%zz@h/d", "postgres://u:sesame@h:x y/d?sslmod=require", "host=h password=sesame",
        "postgres://u:ses@ame@h/d", "postgres://u:sesame@[::1/d",
    ]) func badURLsAreNotRepeated(url: String) {
        let error = #expect(throws: PostgresError.self) { try PostgresConfiguration(url: url) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error.map { "\($0)".contains("ses") } == false, "\(url)")
    }
}
