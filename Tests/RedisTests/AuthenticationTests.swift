import Redis
import Testing

@Suite("Authentication") struct AuthenticationTests {
    @Test(.timeLimit(.minutes(1))) func signsInByPassword() async throws {
        try await PrivateRedis.with(["--requirepass", "hunter2"]) { server in
            let right = TestRedis.client(of: server) { $0.password = "hunter2" }
            #expect(try await right.send(RedisCommand("PING")) == .status("PONG"))
            #expect(try await right.blocking(RedisCommand("PING"), timeout: .zero) == .status("PONG"))
            await right.close()
            for password in ["hunter3", nil] {
                let wrong = TestRedis.client(of: server) { $0.password = password }
                for _ in 0..<2 {
                    let failure = try #require(await error { try await wrong.send(RedisCommand("PING")) })
                    #expect(failure.code == .authenticationFailed && !failure.isRetryable)
                    #expect(!failure.description.contains("hunter"))
                }
                let blocked = await error { try await wrong.blocking(RedisCommand("PING"), timeout: .zero) }
                #expect(blocked?.code == .authenticationFailed)
                await wrong.close()
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func signsInAsARestrictedUser() async throws {
        try await PrivateRedis.with(["--user", "worker", "on", ">secret", "~jobs:*", "+get", "+set"]) {
            server in
            let client = TestRedis.client(of: server) {
                $0.username = "worker"
                $0.password = "secret"
                $0.clientName = "worker-1"
            }
            try await client.send(RedisCommand("SET", "jobs:1", "x"))
            let forbidden = await error { try await client.send(RedisCommand("SET", "other", "x")) }
            #expect(forbidden?.code == .server && forbidden?.prefix == "NOPERM")
            await client.close()
            let wrong = TestRedis.client(of: server) {
                $0.username = "worker"
                $0.password = "wrong"
            }
            #expect(await error { try await wrong.send(RedisCommand("PING")) }?.code == .authenticationFailed)
            await wrong.close()
        }
    }

    @Test(.timeLimit(.minutes(1))) func picksUpAPasswordThatBecameRight() async throws {
        try await PrivateRedis.with(["--requirepass", "new"]) { server in
            let admin = TestRedis.client(of: server) { $0.password = "new" }
            let early = TestRedis.client(of: server) { $0.password = "newer" }
            #expect(await error { try await early.send(RedisCommand("PING")) }?.code == .authenticationFailed)
            try await admin.send(RedisCommand("CONFIG", "SET", "requirepass", "newer"))
            #expect(
                try await eventually(within: .seconds(8)) {
                    await error { try await early.send(RedisCommand("PING")) } == nil
                }
            )
            await admin.close()
            await early.close()
        }
    }
}
