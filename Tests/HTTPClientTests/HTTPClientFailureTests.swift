import HTTPClient
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPClientFailureTests {
    let server: TestServer
    let client = HTTPClient.forTest()

    init() throws { server = try TestServer.started() }

    private func failure(of request: HTTPRequest) async throws -> HTTPClientError {
        try #require(await clientError { _ = try await client.execute(request) })
    }

    @Test(arguments: [
        ("", HTTPClientError.Code.invalidURL), ("localhost", .invalidURL), ("/path", .invalidURL),
        ("ftp://127.0.0.1/", .invalidURL), ("file:///etc/passwd", .invalidURL), ("http://", .invalidURL),
        ("http:///127.0.0.1/", .invalidURL),
        ("http://user@127.0.0.1/", .invalidURL), ("http://user:password@127.0.0.1/", .invalidURL),
        ("http://@127.0.0.1/", .invalidURL), ("http://127.0.0.1/a b", .invalidURL),
        ("http://127.0.0.1/\r\nX: y", .invalidURL), ("http://127.0.0.1:99999/", .invalidURL),
    ])
    func refusesURL(url: String, code: HTTPClientError.Code) async throws {
        let error = try await failure(of: HTTPRequest(url: url))
        #expect(error.code == code)
        #expect(!error.message.contains("password"))
        #expect(!error.wasSent)
    }

    @Test(arguments: [
        ("X-Bad", "a\r\nInjected: yes"), ("X-Bad", "a\nb"), ("X-Bad", "a\0b"), ("X Bad", "a"), ("", "a"),
        ("X-Bad:", "a"), ("Content-Length", "5"), ("transfer-encoding", "chunked"),
    ])
    func refusesHeader(name: String, value: String) async throws {
        let error = try await failure(of: HTTPRequest(url: server.plain("/echo"), headers: [(name, value)]))
        #expect(error.code == .invalidRequest)
        #expect(!error.message.contains("Injected"))
    }

    @Test(arguments: ["", "get", "GET /x", "GET\r\n"])
    func refusesMethod(method: String) async throws {
        #expect(
            try await failure(of: HTTPRequest(method: method, url: server.plain("/echo"))).code
                == .invalidRequest
        )
    }

    @Test func reportsAClosedPort() async throws {
        let error = try await failure(of: HTTPRequest(url: "http://127.0.0.1:1/"))
        #expect(error.code == .connectFailed)
        #expect(error.isRetryable)
        #expect(!error.wasSent)
    }

    @Test func reportsAnUnknownHost() async throws {
        #expect(try await failure(of: HTTPRequest(url: "http://nowhere.invalid/")).code == .resolveFailed)
    }

    @Test func limitsConnecting() async throws {
        // TLS never begins there, and connecting includes the handshake.
        let request = HTTPRequest(url: server.tls("/", port: "silent"), connectTimeout: .milliseconds(300))
        let error = try await failure(of: request)
        #expect(error.code == .connectTimedOut)
        #expect(!error.wasSent)
    }

    @Test(arguments: ["/hang", "/drip", "/stall"])
    func limitsTheWholeExchange(path: String) async throws {
        let clock = ContinuousClock()
        let started = clock.now
        let error = try await failure(of: HTTPRequest(url: server.plain(path), timeout: .milliseconds(400)))
        #expect(error.code == .timedOut)
        #expect(error.wasSent)
        #expect(clock.now - started < .seconds(20))
    }

    @Test func noticesAStall() async throws {
        let request = HTTPRequest(url: server.plain("/stall"), stallTimeout: .seconds(1))
        #expect(try await failure(of: request).code == .timedOut)
    }

    /// A connection that was used before, and ends without an answer.
    @Test func whatMustNotBeRepeatedIsSentOnce() async throws {
        let server = try TestServer.started()
        let client = HTTPClient.forTest()
        let path = "/nothing-once"
        _ = try await client.execute(HTTPRequest(url: server.plain("/connection")))
        await #expect(throws: HTTPClientError.self) {
            try await client.execute(
                HTTPRequest(method: "POST", url: server.plain(path), body: [1], isRepeatable: false)
            )
        }
        let count = try await client.execute(HTTPRequest(url: server.plain("/count?of=\(path)")))
        #expect(count.text == "1")
        await client.shutdown()
    }

    @Test(arguments: ["/truncated", "/truncatedchunks", "/nothing"])
    func reportsALostConnection(path: String) async throws {
        let error = try await failure(of: HTTPRequest(url: server.plain(path)))
        #expect(error.code == .connectionLost)
        #expect(error.isRetryable)
        #expect(error.wasSent)
    }

    @Test(arguments: ["/garbage", "/badgzip"])
    func reportsWhatIsNotHTTP(path: String) async throws {
        #expect(try await failure(of: HTTPRequest(url: server.plain(path))).code == .invalidResponse)
    }

    @Test(arguments: ["/big?bytes=2000000", "/gzip?bytes=50000000", "/headers"])
    func limitsTheResponse(path: String) async throws {
        let error = try await failure(of: HTTPRequest(url: server.plain(path), bodyLimit: 1 << 20))
        #expect(error.code == .bodyTooLarge)
        #expect(!error.isRetryable)
    }

    @Test func acceptsABodyOfExactlyTheLimit() async throws {
        let request = HTTPRequest(url: server.plain("/big?bytes=1000000"), bodyLimit: 1_000_000)
        #expect(try await client.execute(request).body.count == 1_000_000)
    }

    @Test func neverDescribesSecrets() {
        let request = HTTPRequest(
            url: "https://example.com/path?token=hunter2",
            headers: [("Authorization", "Bearer hunter2")],
            body: Array("hunter2".utf8)
        )
        var dumped = ""
        dump(request, to: &dumped)
        for text in ["\(request)", String(reflecting: request), "\([request])", dumped] {
            #expect(!text.contains("hunter2"))
            #expect(text.contains("https://example.com:443/path"))
        }
    }
}
