import Logging
import Redis
import TestKit
import Testing

@Suite("Strange servers") struct StrangeServerTests {
    private func client(of server: ScriptedServer) -> RedisClient {
        var configuration = RedisConfiguration(host: "127.0.0.1", port: server.port)
        configuration.commandTimeout = .milliseconds(200)
        configuration.reconnectBase = .milliseconds(1)
        configuration.reconnectCap = .milliseconds(5)
        return RedisClient(configuration: configuration, logger: Logger(label: "test"))
    }

    @Test(.timeLimit(.minutes(1)), arguments: 0..<8 as Range<UInt64>)
    func endsEveryCallWhateverIsAnswered(seed: UInt64) async throws {
        let server = try ScriptedServer { request in
            var generator = SeededGenerator(seed: seed &* 1000 &+ UInt64(request))
            let alphabet = Array("*$:+-0123456789\r\n\r\nOK".utf8)
            return (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                (0..<Int.random(in: 1...30, using: &generator)).map { _ in
                    alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                }
            }
        }
        let client = client(of: server)
        for _ in 0..<20 {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask { _ = await error { try await client.send(RedisCommand("GET", "x")) } }
                    group.addTask {
                        _ = await error {
                            try await client.send(pipeline: [RedisCommand("A"), RedisCommand("B")])
                        }
                    }
                }
            }
        }
        await client.close()
        server.stop()
    }

    @Test(.timeLimit(.minutes(1))) func dropsTheConnectionAfterAMalformedReply() async throws {
        let server = try ScriptedServer { request in
            request == 1 ? [Array("what?\r\n".utf8)] : [Array("+OK\r\n".utf8)]
        }
        let client = client(of: server)
        let failure = await error { try await client.send(RedisCommand("GET", "x")) }
        #expect(failure?.code == .protocolViolation && failure?.mayHaveBeenApplied == true)
        #expect(
            try await eventually(within: .seconds(5)) {
                await error { try await client.send(RedisCommand("GET", "x")) } == nil
            }
        )
        await client.close()
        server.stop()
    }

    @Test(.timeLimit(.minutes(1))) func dropsTheConnectionAfterAReplyTooMany() async throws {
        let server = try ScriptedServer { _ in [Array("+OK\r\n+OK\r\n".utf8)] }
        let client = client(of: server)
        #expect(try await client.send(RedisCommand("GET", "x")) == .status("OK"))
        #expect(
            try await eventually(within: .seconds(5)) {
                await error { try await client.send(RedisCommand("GET", "x")) } != nil
            }
        )
        await client.close()
        server.stop()
    }
}
