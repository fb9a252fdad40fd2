import Redis
import Testing

@Suite("Blocking commands") struct BlockingCommandTests {
    @Test(.timeLimit(.minutes(1))) func wakesByAPush() async throws {
        try await TestRedis.with { client, prefix in
            let list = prefix + "list"
            async let popped = client.blocking(
                RedisCommand("BLPOP", .string(list), 30),
                timeout: .seconds(30)
            )
            try await waitUntilBlocked(client)
            // The shared connection is not held up meanwhile.
            try await client.send(RedisCommand("RPUSH", .string(list), "x"))
            #expect(try await popped.array?.compactMap(\.string) == [list, "x"])
        }
    }

    @Test(.timeLimit(.minutes(1))) func wakesByASortedSet() async throws {
        try await TestRedis.with { client, prefix in
            let set = prefix + "set"
            async let popped = client.blocking(
                RedisCommand("BZPOPMIN", .string(set), 30),
                timeout: .seconds(30)
            )
            try await client.send(RedisCommand("ZADD", .string(set), 1.5, "x"))
            let reply = try await popped.array ?? []
            #expect(reply.count == 3 && reply[1].string == "x" && reply[2].double == 1.5)
        }
    }

    @Test(.timeLimit(.minutes(1))) func returnsNullWhenTheServersTimeoutPasses() async throws {
        try await TestRedis.with { client, prefix in
            for _ in 0..<3 {
                let command = RedisCommand("BLPOP", .string(prefix + "none"), 0.05)
                let reply = try await client.blocking(command, timeout: .milliseconds(50))
                #expect(reply.isNull)
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func givesUpOnAServerThatBlocksTooLong() async throws {
        try await TestRedis.with {
            // Long enough for a busy machine to answer the last command.
            $0.commandTimeout = .seconds(2)
        } _: { client, prefix in
            let command = RedisCommand("BLPOP", .string(prefix + "none"), 30)
            let failure = await error { try await client.blocking(command, timeout: .milliseconds(100)) }
            #expect(failure?.code == .timedOut && failure?.mayHaveBeenApplied == true)
            let reply = try await client.blocking(RedisCommand("PING"), timeout: .zero)
            #expect(reply == .status("PONG"))
        }
    }

    @Test(.timeLimit(.minutes(1))) func returnsAtOnceWhenCancelled() async throws {
        try await TestRedis.with { client, prefix in
            let list = prefix + "list"
            let waiting = Task {
                await error {
                    try await client.blocking(RedisCommand("BLPOP", .string(list), 30), timeout: .seconds(30))
                }
            }
            try await waitUntilBlocked(client)
            let start = ContinuousClock.now
            waiting.cancel()
            #expect(await waiting.value?.code == .cancelled)
            #expect(ContinuousClock.now - start < .seconds(5))
            // The server must not hand elements to the one who went away.
            #expect(try await eventually(within: .seconds(5)) { try await blockedNames(client).isEmpty })
            try await client.send(RedisCommand("RPUSH", .string(list), "x"))
            #expect(try await client.send(RedisCommand("LLEN", .string(list))).int == 1)
        }
    }

    @Test(.timeLimit(.minutes(1))) func refusesMoreThanItsConnections() async throws {
        try await TestRedis.with {
            $0.maximumBlockingConnections = 1
        } _: { client, prefix in
            let list = prefix + "list"
            async let popped = client.blocking(
                RedisCommand("BLPOP", .string(list), 30),
                timeout: .seconds(30)
            )
            try await waitUntilBlocked(client)
            let failure = await error { try await client.blocking(RedisCommand("PING"), timeout: .zero) }
            #expect(failure?.code == .overloaded)
            try await client.send(RedisCommand("RPUSH", .string(list), "x"))
            #expect(try await popped.array?.count == 2)
            #expect(try await client.blocking(RedisCommand("PING"), timeout: .zero) == .status("PONG"))
        }
    }

    @Test(.timeLimit(.minutes(1))) func keepsAConnectionAfterAnErrorReply() async throws {
        try await TestRedis.with {
            $0.maximumBlockingConnections = 1
        } _: { client, _ in
            let before = try await client.blocking(RedisCommand("CLIENT", "ID"), timeout: .zero)
            #expect(
                await error { try await client.blocking(RedisCommand("NOSUCH"), timeout: .zero) }?.code
                    == .server
            )
            #expect(try await client.blocking(RedisCommand("CLIENT", "ID"), timeout: .zero) == before)
        }
    }

    private func waitUntilBlocked(_ client: RedisClient) async throws {
        #expect(try await eventually(within: .seconds(10)) { try await !blockedNames(client).isEmpty })
    }

    /// The connections of this process's client that the server holds blocked.
    ///
    /// Other tests may block on the same server: a connection of the same client has the same address.
    private func blockedNames(_ client: RedisClient) async throws -> [Substring] {
        let list = try await client.send(RedisCommand("CLIENT", "LIST")).string ?? ""
        return list.split(separator: "\n").filter {
            $0.contains(" flags=b ") && $0.contains("name=\(name(client)) ")
        }
    }

    private func name(_ client: RedisClient) -> String { client.configuration.clientName ?? "" }
}
