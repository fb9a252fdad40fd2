import Redis
import TestKit
import Testing

@Suite("Encryption") struct EncryptionTests {
    /// Makes an authority and a certificate of the server, with the openssl command.
    private func makeCertificates(
        in directory: String,
        subject: String = "DNS:localhost,IP:127.0.0.1"
    ) async throws {
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        try await openssl(
            ["req", "-x509"] + key
                + ["-subj", "/CN=Test CA", "-keyout", "\(directory)/ca.key", "-out", "\(directory)/ca.crt"]
        )
        try await openssl(
            ["req", "-x509"] + key + [
                "-subj", "/CN=redis", "-CA", "\(directory)/ca.crt", "-CAkey", "\(directory)/ca.key",
                "-addext", "subjectAltName=\(subject)", "-addext", "basicConstraints=critical,CA:FALSE",
                "-keyout", "\(directory)/redis.key", "-out", "\(directory)/redis.crt",
            ]
        )
    }

    private func openssl(_ arguments: [String]) async throws {
        let (code, output) = try await ChildProcess.run(["openssl"] + arguments)
        try #require(code == 0, "\(output)")
    }

    private func serverArguments(_ directory: String) -> [String] {
        [
            "--tls-cert-file", "\(directory)/redis.crt", "--tls-key-file", "\(directory)/redis.key",
            "--tls-ca-cert-file", "\(directory)/ca.crt", "--tls-auth-clients", "no",
        ]
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["127.0.0.1", "localhost"])
    func trustsAPrivateAuthority(host: String) async throws {
        let directory = try TemporaryDirectory()
        try await makeCertificates(in: directory.path)
        try await PrivateRedis.with(serverArguments(directory.path), isEncrypted: true, directory: directory)
        {
            server in
            let url = "rediss://\(host):\(server.port)?ca=\(directory.path)/ca.crt"
            let settings = try RedisConfiguration(url: url)
            let client = TestRedis.client(of: server) { $0 = settings }
            let bytes = Array(repeating: UInt8(7), count: 10_000_000)
            try await client.send(RedisCommand("SET", "big", .bytes(bytes)))
            #expect(try await client.send(RedisCommand("GET", "big")) == .bulk(bytes))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<5_000 {
                    group.addTask {
                        let reply = try await client.send(RedisCommand("ECHO", .init(number)))
                        #expect(reply.int == number)
                    }
                }
                try await group.waitForAll()
            }
            async let popped = client.blocking(RedisCommand("BLPOP", "list", 30), timeout: .seconds(30))
            try await client.send(RedisCommand("RPUSH", "list", "x"))
            #expect(try await popped.array?.count == 2)
            server.kill()
            #expect(try await eventually(within: .seconds(5)) { !client.isConnected })
            try server.start()
            #expect(
                try await eventually(within: .seconds(8)) {
                    await error { try await client.send(RedisCommand("PING")) } == nil
                }
            )
            await client.close()
        }
    }

    @Test(.timeLimit(.minutes(1))) func refusesAnotherAuthority() async throws {
        let directory = try TemporaryDirectory()
        try await makeCertificates(in: directory.path)
        try await PrivateRedis.with(serverArguments(directory.path), isEncrypted: true, directory: directory)
        {
            server in
            let other = try TemporaryDirectory()
            try await makeCertificates(in: other.path)
            for file in ["\(other.path)/ca.crt", nil] {
                let client = TestRedis.client(of: server) { $0.tls = .init(certificateAuthorityFile: file) }
                let failure = await error { try await client.send(RedisCommand("PING")) }
                #expect(failure?.code == .tls && failure?.isRetryable == false)
                await client.close()
            }
            let missing = TestRedis.client(of: server) { $0.tls = .init(certificateAuthorityFile: "/none") }
            #expect(await error { try await missing.send(RedisCommand("PING")) }?.code == .configuration)
            await missing.close()
            let plain = TestRedis.client(of: server)
            #expect(await error { try await plain.send(RedisCommand("PING")) } != nil)
            await plain.close()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["DNS:other.example,IP:127.0.0.2"])
    func refusesACertificateOfAnotherHost(subject: String) async throws {
        let directory = try TemporaryDirectory()
        try await makeCertificates(in: directory.path, subject: subject)
        try await PrivateRedis.with(serverArguments(directory.path), isEncrypted: true, directory: directory)
        {
            server in
            for host in ["127.0.0.1", "localhost"] {
                let client = TestRedis.client(of: server) {
                    $0.host = host
                    $0.tls = .init(certificateAuthorityFile: "\(directory.path)/ca.crt")
                }
                #expect(await error { try await client.send(RedisCommand("PING")) }?.code == .tls)
                await client.close()
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func refusesAServerWithoutEncryption() async throws {
        try await PrivateRedis.with { server in
            let client = TestRedis.client(of: server) {
                $0.tls = .init()
                $0.connectTimeout = .milliseconds(500)
            }
            // To Redis a TLS greeting is a line without an end: it waits for more.
            #expect(await error { try await client.send(RedisCommand("PING")) }?.code == .connectionFailed)
            await client.close()
        }
    }
}
