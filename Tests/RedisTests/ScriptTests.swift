import Redis
import Testing

@Suite("Scripts") struct ScriptTests {
    private let script = RedisScript(name: "sum", source: "return {KEYS[1], ARGV[1] + ARGV[2]}")

    @Test func knowsItsHash() {
        #expect(RedisScript(name: "x", source: "return 1").sha1 == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db")
    }

    @Test(.timeLimit(.minutes(1))) func loadsAgainWhatTheServerForgot() async throws {
        try await PrivateRedis.with { server in
            let client = TestRedis.client(of: server)
            for _ in 0..<3 {
                #expect(
                    try await client.eval(script, keys: ["k"], arguments: [2, 3])
                        == .array([.bulk([0x6B]), .integer(5)])
                )
                let exists = RedisCommand("SCRIPT", "EXISTS", .string(script.sha1))
                #expect(try await client.send(exists) == .array([.integer(1)]))
                try await client.send(RedisCommand("SCRIPT", "FLUSH"))
                #expect(try await client.send(exists) == .array([.integer(0)]))
            }
            let results = try await client.send(pipeline: [script.command(keys: ["k"], arguments: [2, 3])])
            #expect(throws: RedisError.self) { try results[0].get() }
            await client.close()
        }
    }

    @Test(.timeLimit(.minutes(1))) func throwsWhatTheScriptThrows() async throws {
        try await TestRedis.with { client, _ in
            let failing = RedisScript(
                name: "failing",
                source: "return redis.error_reply('FENCED token is old')"
            )
            let failure = await error { try await client.eval(failing, keys: [], arguments: []) }
            #expect(failure?.prefix == "FENCED" && failure?.message == "FENCED token is old")
        }
    }
}
