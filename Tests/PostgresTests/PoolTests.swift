import Foundation
import Postgres
import Testing

@Suite("Pool", .timeLimit(.minutes(1))) struct PoolTests {
    @Test func opensOnDemandAndShares() async throws {
        let pool = try TestDatabase.pool(size: 3)
        #expect(pool.stats == PostgresPool.Stats(idle: 0, used: 0, waiting: 0))
        try await withThrowingTaskGroup { group in
            for number in 0..<200 {
                group.addTask {
                    let rows = try await pool.query("SELECT \(number) AS n, pg_sleep(0.001)")
                    #expect(try rows[0].decode("n", as: Int.self) == number)
                }
            }
            try await group.waitForAll()
        }
        #expect(pool.stats == PostgresPool.Stats(idle: 3, used: 0, waiting: 0))
        await pool.close()
        #expect(await failure { try await pool.execute("SELECT 1") }?.code == .closed)
    }

    @Test func exhaustion() async throws {
        // Long enough for the first connection, on a machine that does much else.
        let pool = try TestDatabase.pool(size: 1, waitLimit: .seconds(3))
        try await pool.withConnection { _ in
            let started = ContinuousClock.now
            let error = await failure { try await pool.execute("SELECT 1") }
            #expect(error?.code == .poolExhausted)
            #expect(ContinuousClock.now - started < .seconds(20))
            #expect(pool.stats == PostgresPool.Stats(idle: 0, used: 1, waiting: 0))
        }
        #expect(try await pool.execute("SELECT 1") == 1)
        await pool.close()
    }

    @Test func waitersCanBeCancelled() async throws {
        let pool = try TestDatabase.pool(size: 1)
        try await pool.withConnection { _ in
            let waiter = Task { try await pool.execute("SELECT 1") }
            try await eventually { pool.stats.waiting == 1 }
            waiter.cancel()
            #expect(await failure { _ = try await waiter.value }?.code == .cancelled)
            #expect(pool.stats.waiting == 0)
        }
        #expect(pool.stats.idle == 1)
        await pool.close()
    }

    @Test func closingFailsWaitersAndClosesWhatComesBack() async throws {
        let pool = try TestDatabase.pool(size: 1)
        try await pool.withConnection { connection in
            let waiter = Task { try await pool.execute("SELECT 1") }
            try await eventually { pool.stats.waiting == 1 }
            await pool.close()
            #expect(await failure { _ = try await waiter.value }?.code == .closed)
            let count = try await connection.execute("SELECT 1")
            #expect(count == 1)
        }
        #expect(pool.stats == PostgresPool.Stats(idle: 0, used: 0, waiting: 0))
    }

    @Test func brokenConnectionsAreReplaced() async throws {
        let pool = try TestDatabase.pool(size: 2)
        for _ in 0..<5 {
            let error = await failure {
                try await pool.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            }
            #expect(error?.code == .connectionLost)
            #expect(try await pool.execute("SELECT 1") == 1)
        }
        // One that dies while it is idle is noticed before anything is sent.
        let pid: Int32 = try await pool.query("SELECT pg_backend_pid() AS pid")[0].decode("pid")
        let other = try await TestDatabase.connect()
        // Waits for the process's end, and so for its socket's.
        try await other.execute("SELECT pg_terminate_backend(\(pid), 10000)")
        #expect(try await pool.execute("SELECT 1") == 1)
        await pool.close()
    }

    @Test func transactionsLeftOpenCostTheConnection() async throws {
        let pool = try TestDatabase.pool(size: 1)
        try await pool.withConnection { try await $0.executeScript("BEGIN; SELECT 1") }
        #expect(pool.stats.idle == 0)
        #expect(try await pool.execute("SELECT 1") == 1)
        await pool.close()
    }

    @Test func runEndsWithTheTask() async throws {
        let pool = try TestDatabase.pool(size: 1)
        let running = Task { await pool.run() }
        #expect(try await pool.execute("SELECT 1") == 1)
        running.cancel()
        await running.value
        #expect(await failure { try await pool.execute("SELECT 1") }?.code == .closed)
    }

    @Test func manyCancelledCallersLeaveAWholePool() async throws {
        let pool = try TestDatabase.pool(size: 3)
        await withTaskGroup { group in
            for number in 0..<200 {
                group.addTask {
                    let task = Task { try await pool.execute("SELECT pg_sleep(0.01)") }
                    try? await Task.sleep(for: .microseconds(number * 150))
                    if number.isMultiple(of: 2) { task.cancel() }
                    let error = await failure { _ = try await task.value }
                    #expect(error == nil || error?.code == .cancelled)
                }
            }
        }
        #expect(pool.stats.used == 0)
        #expect(pool.stats.waiting == 0)
        #expect(try await pool.execute("SELECT 1") == 1)
        await pool.close()
    }
}
