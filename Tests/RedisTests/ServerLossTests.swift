import Logging
import Redis
import TestKit
import Testing

@Suite("Loss of the server") struct ServerLossTests {
    @Test(.timeLimit(.minutes(1))) func picksUpAServerThatWasKilledAndStartedAgain() async throws {
        try await PrivateRedis.with { server in
            let client = TestRedis.client(of: server)
            try await client.send(RedisCommand("PING"))
            // A connection that ends within its first second counts as a failed attempt; both ways are to work.
            for lifetime in [Duration.zero, .milliseconds(1100)] {
                try await Task.sleep(for: lifetime)
                server.kill()
                #expect(try await eventually(within: .seconds(5)) { !client.isConnected })
                #expect(
                    try await eventually(within: .seconds(5)) {
                        await error { try await client.send(RedisCommand("PING")) }?.code == .connectionFailed
                    }
                )
                let start = ContinuousClock.now
                _ = await error { try await client.send(RedisCommand("PING")) }
                #expect(ContinuousClock.now - start < .seconds(1), "callers are to fail fast")
                try server.start()
                #expect(
                    try await eventually(within: .seconds(8)) {
                        await error { try await client.send(RedisCommand("PING")) } == nil
                    }
                )
            }
            await client.close()
        }
    }

    @Test(.timeLimit(.minutes(1))) func failsWhatWasUnderWayAndSendsNothingTwice() async throws {
        try await PrivateRedis.with(["--appendonly", "yes", "--appendfsync", "always"]) { server in
            let client = TestRedis.client(of: server)
            try await client.send(RedisCommand("PING"))
            let increments = 64
            let outcomes = await withTaskGroup(of: (applied: Int, unknown: Int).self) { group in
                for _ in 0..<increments {
                    group.addTask {
                        var applied = 0
                        while true {
                            do throws(RedisError) {
                                try await client.send(RedisCommand("INCR", "counter"))
                                applied += 1
                            } catch {
                                return (applied, error.mayHaveBeenApplied ? 1 : 0)
                            }
                        }
                    }
                }
                _ = try? await eventually(within: .seconds(10)) {
                    (try? await client.send(RedisCommand("GET", "counter")).int ?? 0) ?? 0 > 1000
                }
                server.kill()
                return await group.reduce(into: (0, 0)) { $0 = ($0.0 + $1.applied, $0.1 + $1.unknown) }
            }
            try server.start()
            #expect(
                try await eventually(within: .seconds(8)) {
                    await error { try await client.send(RedisCommand("PING")) } == nil
                }
            )
            let counter = try #require(try await client.send(RedisCommand("GET", "counter")).int)
            #expect(counter >= outcomes.0 && counter <= outcomes.0 + outcomes.1)
            await client.close()
        }
    }

    @Test(.timeLimit(.minutes(1))) func failsInTimeOnAServerThatStands() async throws {
        try await PrivateRedis.with { server in
            let client = TestRedis.client(of: server) {
                $0.commandTimeout = .milliseconds(300)
                $0.connectTimeout = .milliseconds(500)
            }
            try await client.send(RedisCommand("PING"))
            server.pause()
            let start = ContinuousClock.now
            let failures = await withTaskGroup(of: RedisError?.self) { group in
                for _ in 0..<100 {
                    group.addTask { await error { try await client.send(RedisCommand("INCR", "x")) } }
                }
                return await group.reduce(into: [RedisError?]()) { $0.append($1) }
            }
            #expect(ContinuousClock.now - start < .seconds(4))
            #expect(failures.contains { $0?.code == .timedOut })
            #expect(failures.allSatisfy { $0?.isRetryable == true && $0?.mayHaveBeenApplied == true })
            let next = await error { try await client.send(RedisCommand("PING")) }
            #expect(next?.mayHaveBeenApplied == false)
            server.resume()
            #expect(
                try await eventually(within: .seconds(8)) {
                    await error { try await client.send(RedisCommand("PING")) } == nil
                }
            )
            await client.close()
        }
    }

    @Test(.timeLimit(.minutes(1))) func writesMoreThanTheSocketTakes() async throws {
        try await PrivateRedis.with { server in
            let client = TestRedis.client(of: server) { $0.commandTimeout = .seconds(10) }
            try await client.send(RedisCommand("PING"))
            server.pause()
            let value = RedisArgument.bytes(Array(repeating: 1, count: 1 << 20))
            let sending = Task {
                try await withThrowingTaskGroup(of: Int?.self) { group in
                    for _ in 0..<30 {
                        group.addTask { try await client.send(RedisCommand("APPEND", "big", value)).int }
                    }
                    return try await group.reduce(into: [Int?]()) { $0.append($1) }
                }
            }
            try await Task.sleep(for: .milliseconds(200))
            server.resume()
            #expect(Set(try await sending.value) == Set((1...30).map { $0 << 20 }))
            await client.close()
        }
    }

    @Test(.timeLimit(.minutes(1))) func failsFastWhereNobodyListens() async throws {
        var configuration = RedisConfiguration(host: "127.0.0.1", port: try FreePort.find())
        configuration.connectTimeout = .seconds(1)
        let client = RedisClient(configuration: configuration, logger: Logger(label: "test"))
        let start = ContinuousClock.now
        for _ in 0..<20 {
            let failure = await error { try await client.send(RedisCommand("PING")) }
            #expect(failure?.code == .connectionFailed && failure?.mayHaveBeenApplied == false)
            let blocked = await error {
                try await client.blocking(RedisCommand("PING"), timeout: .seconds(1))
            }
            #expect(blocked?.code == .connectionFailed)
        }
        #expect(ContinuousClock.now - start < .seconds(20))
        await client.close()
    }

    @Test(.timeLimit(.minutes(1))) func failsOnANameNobodyHas() async throws {
        let configuration = RedisConfiguration(host: "no-such-host.invalid")
        let client = RedisClient(configuration: configuration, logger: Logger(label: "test"))
        let failure = await error { try await client.send(RedisCommand("PING")) }
        #expect(failure?.code == .connectionFailed)
        await client.close()
    }

    @Test(.timeLimit(.minutes(1))) func isCancelledWhileItConnects() async throws {
        try await PrivateRedis.with { server in
            server.pause()
            let client = TestRedis.client(of: server) { $0.connectTimeout = .seconds(30) }
            let waiting = Task { await error { try await client.send(RedisCommand("PING")) } }
            try await Task.sleep(for: .milliseconds(50))
            let start = ContinuousClock.now
            waiting.cancel()
            #expect(await waiting.value?.code == .cancelled)
            #expect(ContinuousClock.now - start < .seconds(10))
            await client.close()
        }
    }
}
