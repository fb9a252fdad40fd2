import Foundation
import Postgres
import Testing

@Suite("Transactions", .timeLimit(.minutes(1))) struct TransactionTests {
    private struct Refusal: Error {}

    private func withTable(_ body: (PostgresPool, String) async throws -> Void) async throws {
        let pool = try TestDatabase.pool()
        let table = TestDatabase.uniqueName("tx")
        try await pool.execute(
            "CREATE TABLE \(identifier: table) (n bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)"
        )
        try await body(pool, table)
        try await pool.execute("DROP TABLE \(identifier: table)")
        await pool.close()
    }

    private func count(_ pool: PostgresPool, _ table: String) async throws -> Int {
        try await pool.query("SELECT count(*) AS n FROM \(identifier: table)")[0].decode("n")
    }

    @Test func commitsAndRollsBack() async throws {
        try await withTable { pool, table in
            let answer = try await pool.withTransaction { connection in
                try await connection.execute("INSERT INTO \(identifier: table) VALUES (1)")
                return 42
            }
            #expect(answer == 42)
            await #expect(throws: Refusal.self) {
                try await pool.withTransaction { connection in
                    try await connection.execute("INSERT INTO \(identifier: table) VALUES (2)")
                    throw Refusal()
                }
            }
            let failed = await failure {
                _ = try await pool.withTransaction { connection in
                    try await connection.execute("INSERT INTO \(identifier: table) VALUES (3)")
                    try await connection.execute("SELECT 1 / 0")
                }
            }
            #expect(failed?.sqlState == "22012")
            let kept = try await count(pool, table)
            #expect(kept == 1)
            #expect(pool.stats.used == 0)
            #expect(pool.stats.idle >= 1)
        }
    }

    @Test func swallowedErrorsDoNotLookCommitted() async throws {
        try await withTable { pool, table in
            let error = await failure {
                _ = try await pool.withTransaction { connection in
                    try await connection.execute("INSERT INTO \(identifier: table) VALUES (1)")
                    _ = await failure { try await connection.execute("SELECT 1 / 0") }
                }
            }
            #expect(error?.sqlState == "25P02")
            let kept = try await count(pool, table)
            #expect(kept == 0)
        }
    }

    @Test func commitCanFail() async throws {
        try await withTable { pool, table in
            let error = await failure {
                _ = try await pool.withTransaction { connection in
                    try await connection.execute("INSERT INTO \(identifier: table) VALUES (1), (1)")
                }
            }
            #expect(error?.sqlState == "23505")
            #expect(error?.outcomeUnknown == false)
            let kept = try await count(pool, table)
            #expect(kept == 0)
        }
    }

    @Test func serializationFailuresAreRetryable() async throws {
        try await withTable { pool, table in
            try await pool.execute("INSERT INTO \(identifier: table) VALUES (1)")
            let error = await failure {
                _ = try await pool.withTransaction(isolation: .repeatableRead) { first in
                    _ = try await first.query("SELECT n FROM \(identifier: table)")
                    try await pool.execute("UPDATE \(identifier: table) SET n = n + 1")
                    try await first.execute("UPDATE \(identifier: table) SET n = n + 1")
                }
            }
            #expect(error?.sqlState == "40001")
            #expect(error?.isRetryable == true)
        }
    }

    @Test func cancelledTransactionsRollBackAndTheConnectionStays() async throws {
        try await withTable { pool, table in
            for _ in 0..<10 {
                let (stream, begun) = AsyncStream.makeStream(of: Void.self)
                let task = Task {
                    try await pool.withTransaction { connection in
                        try await connection.execute("INSERT INTO \(identifier: table) VALUES (1)")
                        begun.finish()
                        try await connection.execute("SELECT pg_sleep(20)")
                    }
                }
                for await _ in stream {}
                task.cancel()
                #expect(await failure { try await task.value }?.code == .cancelled)
            }
            let kept = try await count(pool, table)
            #expect(kept == 0)
            #expect(pool.stats.used == 0)
            #expect(pool.stats.idle == 1)
        }
    }

    @Test func aLostCommitIsMarked() async throws {
        try await withTable { pool, table in
            // The deferred trigger makes COMMIT itself be the statement that is killed.
            try await pool.withConnection { connection in
                try await connection.executeScript(
                    """
                    CREATE FUNCTION \(table)_end() RETURNS trigger LANGUAGE plpgsql AS
                        'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
                    CREATE CONSTRAINT TRIGGER ending AFTER INSERT ON \(table) DEFERRABLE INITIALLY DEFERRED
                        FOR EACH ROW EXECUTE FUNCTION \(table)_end();
                    """
                )
            }
            let error = await failure {
                _ = try await pool.withTransaction { connection in
                    try await connection.execute("INSERT INTO \(identifier: table) VALUES (1)")
                }
            }
            #expect(error?.code == .connectionLost)
            #expect(error?.outcomeUnknown == true)
            #expect(error?.isRetryable == true)
            let inside = await failure {
                _ = try await pool.withTransaction { connection in
                    try await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
                }
            }
            #expect(inside?.code == .connectionLost)
            #expect(inside?.outcomeUnknown == false)
            let kept = try await count(pool, table)
            #expect(kept == 0)
            try await pool.execute("DROP FUNCTION \(identifier: "\(table)_end") CASCADE")
        }
    }
}
