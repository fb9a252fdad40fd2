import HTTPClient
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPClientTrustTests {
    let server: TestServer
    let client = HTTPClient.forTest()

    init() throws { server = try TestServer.started() }

    private func failure(of request: HTTPRequest) async throws -> HTTPClientError {
        try #require(await clientError { _ = try await client.execute(request) })
    }

    @Test func trustsAPinnedAuthority() async throws {
        #expect(try await client.execute(server.trusted("/connection")).status == 200)
    }

    @Test func trustsAnyOfSeveralAuthorities() async throws {
        var request = server.trusted("/connection")
        request.trust = .certificateAuthority(pem: server.authorityB + "\n" + server.authorityA)
        #expect(try await client.execute(request).status == 200)
    }

    @Test func refusesAnotherAuthority() async throws {
        var request = server.trusted("/connection")
        request.trust = .certificateAuthority(pem: server.authorityB)
        let error = try await failure(of: request)
        #expect(error.code == .tlsFailed)
        #expect(error.message.contains("unable to get local issuer certificate"))
        #expect(!error.isRetryable)
        #expect(!error.wasSent)
        request.trust = .system
        #expect(try await failure(of: request).code == .tlsFailed)
    }

    /// The connection made under authority A is idle in the pool and would answer.
    @Test(arguments: ["tls", "http2"])
    func neverSharesConnectionsBetweenTrusts(port: String) async throws {
        let trusted = server.trusted("/connection", port: port)
        var distrusting = trusted
        distrusting.trust = .certificateAuthority(pem: server.authorityB)
        let first = try await client.execute(trusted).text
        #expect(try await failure(of: distrusting).code == .tlsFailed)
        distrusting.trust = .system
        #expect(try await failure(of: distrusting).code == .tlsFailed)
        #expect(try await client.execute(trusted).text == first)
        // Also while the first connection is busy with another request.
        var wrong = distrusting
        wrong.trust = .certificateAuthority(pem: server.authorityB)
        async let busy = client.execute(server.trusted("/slow?ms=300", port: port))
        #expect(try await failure(of: wrong).code == .tlsFailed)
        _ = try await busy
    }

    /// TLS session resumption skips the certificate; it must not carry trust over either.
    @Test func neverResumesSessionsAcrossTrusts() async throws {
        let client = HTTPClient.forTest(.init(maxCachedConnections: 1))
        let trusted = server.trusted("/connection")
        var distrusting = trusted
        distrusting.trust = .certificateAuthority(pem: server.authorityB)
        for _ in 0..<3 {
            _ = try await client.execute(trusted)
            _ = try await client.execute(HTTPRequest(url: server.plain("/connection")))
            let error = await clientError { _ = try await client.execute(distrusting) }
            #expect(error?.code == .tlsFailed)
        }
    }

    @Test func saysThatACertificateHasExpired() async throws {
        let error = try await failure(of: server.trusted("/connection", port: "expired"))
        #expect(error.code == .tlsFailed)
        #expect(error.message.contains("expired"))
    }

    @Test func saysThatTheNameDiffers() async throws {
        let error = try await failure(of: server.trusted("/connection", port: "otherName"))
        #expect(error.code == .tlsFailed)
        #expect(error.message.contains("localhost"))
    }

    @Test func tellsABrokenHandshakeFromABadCertificate() async throws {
        let error = try await failure(of: server.trusted("/connection", port: "closing"))
        #expect(error.code == .handshakeFailed)
    }

    @Test(arguments: ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
    func refusesWhatIsNoAuthority(pem: String) async throws {
        var request = server.trusted("/connection")
        request.trust = .certificateAuthority(pem: pem)
        #expect([.invalidRequest, .tlsFailed].contains(try await failure(of: request).code))
    }
}
