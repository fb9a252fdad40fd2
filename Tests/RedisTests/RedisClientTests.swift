import Logging
import Redis
import TestKit
import Testing

@Suite("Redis client") struct RedisClientTests {
    @Test(.timeLimit(.minutes(1))) func keepsBytesAsTheyAre() async throws {
        try await TestRedis.with { client, prefix in
            let bytes = (0...255).map { UInt8($0) } + Array("\r\n\0".utf8)
            let key = RedisArgument.bytes(Array(prefix.utf8) + [0, 0xFF])
            #expect(try await client.send(RedisCommand("SET", key, .bytes(bytes))) == .status("OK"))
            #expect(try await client.send(RedisCommand("GET", key)) == .bulk(bytes))
            #expect(try await client.send(RedisCommand("GET", .string(prefix + "none"))).isNull)
            try await client.send(RedisCommand("DEL", key))
        }
    }

    @Test(.timeLimit(.minutes(1))) func matchesTenThousandConcurrentReplies() async throws {
        try await TestRedis.with { client, prefix in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<10_000 {
                    group.addTask {
                        let reply = try await client.send(RedisCommand("ECHO", "\(prefix)\(number)"))
                        #expect(reply.string == "\(prefix)\(number)")
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func matchesRepliesWhileOthersAreCancelled() async throws {
        try await TestRedis.with { client, prefix in
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<5_000 {
                    group.addTask {
                        let waiting = Task { try await client.send(RedisCommand("ECHO", .init(number))) }
                        if number % 2 == 0 { waiting.cancel() }
                        switch await waiting.result {
                        case .success(let reply): #expect(reply.int == number)
                        case .failure(let error):
                            #expect(number % 2 == 0 && (error as? RedisError)?.code == .cancelled)
                        }
                    }
                }
            }
            let reply = try await client.send(RedisCommand("ECHO", "after"))
            #expect(reply.string == "after")
        }
    }

    @Test(.timeLimit(.minutes(1))) func pipelinesInOrderWithErrorsInTheirPlace() async throws {
        try await TestRedis.with { client, prefix in
            let key = RedisArgument.string(prefix + "list")
            let results = try await client.send(pipeline: [
                RedisCommand("RPUSH", key, "a", "b"), RedisCommand("INCR", key),
                RedisCommand("LRANGE", key, 0, -1),
            ])
            #expect(results.count == 3)
            #expect(try results[0].get().int == 2)
            guard case .failure(let error) = results[1] else {
                Issue.record("a list can't be incremented")
                return
            }
            #expect(error.code == .server && error.prefix == "WRONGTYPE" && !error.isRetryable)
            #expect(try results[2].get() == .array([.bulk([0x61]), .bulk([0x62])]))
            #expect(try await client.send(pipeline: []).isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(1))) func givesTheFirstErrorOfAPipelineInItsPlace() async throws {
        try await TestRedis.with { client, _ in
            let results = try await client.send(pipeline: [RedisCommand("NOSUCH"), RedisCommand("PING")])
            #expect(try results[1].get() == .status("PONG"))
            #expect(throws: RedisError.self) { try results[0].get() }
        }
    }

    @Test(.timeLimit(.minutes(1))) func carriesBigValuesAndNestedArrays() async throws {
        try await TestRedis.with { client, prefix in
            let key = RedisArgument.string(prefix + "big")
            var generator = SeededGenerator(seed: 7)
            let bytes = (0..<1_250_000).flatMap { _ in withUnsafeBytes(of: generator.next(), Array.init) }
            try await client.send(RedisCommand("SET", key, .bytes(bytes)))
            #expect(try await client.send(RedisCommand("GET", key)) == .bulk(bytes))
            let nested = try await client.eval(
                RedisScript(
                    name: "nested",
                    source: "return {1, {'a', {2, {'b', {}}}}, false, redis.status_reply('S')}"
                ),
                keys: [],
                arguments: []
            )
            #expect(
                nested
                    == .array([
                        .integer(1),
                        .array([.bulk([0x61]), .array([.integer(2), .array([.bulk([0x62]), .array([])])])]),
                        .null, .status("S"),
                    ])
            )
            let many = try await client.eval(
                RedisScript(name: "many", source: "local t = {} for i = 1, 100000 do t[i] = i end return t"),
                keys: [],
                arguments: []
            )
            #expect(many.array?.compactMap(\.int) == Array(1...100_000))
        }
    }

    @Test(.timeLimit(.minutes(1))) func keepsArgumentsOutOfErrors() async throws {
        try await TestRedis.with { client, _ in
            let unknown = try #require(
                await error { try await client.send(RedisCommand("NOSUCH", "hunter2", "x")) }
            )
            #expect(unknown.code == .server && unknown.prefix == "ERR" && !unknown.mayHaveBeenApplied)
            #expect(!unknown.description.contains("hunter2"))
            let secret = String(repeating: "s", count: 40)
            let long = try #require(
                await error { try await client.send(RedisCommand("CLIENT", .string(secret))) }
            )
            #expect(!long.description.contains(secret))
        }
    }

    @Test(.timeLimit(.minutes(1))) func selectsItsDatabaseAndName() async throws {
        try await TestRedis.with {
            $0.database = 9
            $0.clientName = "cloudoptim-test"
        } _: { client, _ in
            let info = try await client.send(RedisCommand("CLIENT", "INFO")).string ?? ""
            #expect(info.contains(" db=9 ") && info.contains(" name=cloudoptim-test "))
        }
    }

    @Test(.timeLimit(.minutes(1))) func refusesMoreThanItsLimit() async throws {
        try await TestRedis.with {
            $0.maximumPendingCommands = 10
        } _: { client, _ in
            let codes = await withTaskGroup(of: RedisError?.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        await error {
                            try await client.send(pipeline: Array(repeating: .init("PING"), count: 6))
                        }
                    }
                }
                return await group.reduce(into: [RedisError.Code?]()) { $0.append($1?.code) }
            }
            #expect(codes.contains(nil))
            #expect(codes.allSatisfy { $0 == nil || $0 == .overloaded })
        }
    }

    @Test(.timeLimit(.minutes(1))) func failsAfterItWasClosed() async throws {
        let client = RedisClient(configuration: try TestRedis.configuration(), logger: Logger(label: "test"))
        try await client.send(RedisCommand("PING"))
        await client.close()
        await client.close()
        #expect(await error { try await client.send(RedisCommand("PING")) }?.code == .closed)
        #expect(
            await error { try await client.blocking(RedisCommand("PING"), timeout: .seconds(1)) }?.code
                == .closed
        )
    }

    @Test(.timeLimit(.minutes(1))) func runsUntilCancelledOrClosed() async throws {
        let client = RedisClient(configuration: try TestRedis.configuration(), logger: Logger(label: "test"))
        let cancelled = Task { await client.run() }
        #expect(try await eventually(within: .seconds(5)) { client.isConnected })
        cancelled.cancel()
        await cancelled.value
        #expect(await error { try await client.send(RedisCommand("PING")) }?.code == .closed)

        let other = RedisClient(configuration: try TestRedis.configuration(), logger: Logger(label: "test"))
        let running = Task { await other.run() }
        #expect(try await eventually(within: .seconds(5)) { other.isConnected })
        await other.close()
        await running.value
    }

    @Test(.timeLimit(.minutes(1))) func closesItsConnectionWhenReleased() async throws {
        try await TestRedis.with { observer, _ in
            let name = "released-\(UInt64.random(in: 0 ... .max))"
            var configuration = try TestRedis.configuration()
            configuration.clientName = name
            func connections() async throws -> Bool {
                try await observer.send(RedisCommand("CLIENT", "LIST")).string?.contains("name=\(name)")
                    ?? false
            }
            do {
                let client = RedisClient(configuration: configuration, logger: Logger(label: "test"))
                try await client.send(RedisCommand("PING"))
                _ = try await client.blocking(RedisCommand("PING"), timeout: .seconds(1))
                #expect(try await connections())
            }
            #expect(try await eventually(within: .seconds(5)) { try await !connections() })
        }
    }
}
