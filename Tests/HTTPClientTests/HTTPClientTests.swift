import Foundation
import HTTPClient
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPClientTests {
    let server: TestServer
    let client = HTTPClient.forTest()

    init() throws { server = try TestServer.started() }

    private struct Echo: Decodable {
        let method: String
        let target: String
        let headers: [[String]]
        let body: String

        func header(_ name: String) -> [String] {
            headers.filter { $0[0].lowercased() == name.lowercased() }.map { $0.count > 1 ? $0[1] : "" }
        }
    }

    private func echo(_ request: HTTPRequest) async throws -> Echo {
        try JSONDecoder().decode(Echo.self, from: Data(try await client.execute(request).body))
    }

    @Test func sendsMethodHeadersAndBody() async throws {
        let request = HTTPRequest(
            method: "PATCH",
            url: server.plain("/echo?a=b%20c"),
            headers: [("X-One", "1"), ("X-Empty", ""), ("Content-Type", "application/merge-patch+json")],
            body: Array(#"{"a":1}"#.utf8)
        )
        let echo = try await echo(request)
        #expect(echo.method == "PATCH")
        #expect(echo.target == "/echo?a=b%20c")
        #expect(echo.body == #"{"a":1}"#)
        #expect(echo.header("X-One") == ["1"])
        #expect(echo.header("X-Empty") == [""])
        #expect(echo.header("Content-Type") == ["application/merge-patch+json"])
        #expect(echo.header("Content-Length") == ["7"])
        #expect(echo.header("User-Agent") == ["cloudoptim"])
        #expect(echo.header("Expect").isEmpty)
    }

    @Test(arguments: ["GET", "POST", "PUT", "DELETE", "PATCH"])
    func sendsNoBodyUnlessGiven(method: String) async throws {
        let echo = try await echo(HTTPRequest(method: method, url: server.plain("/echo")))
        #expect(echo.method == method)
        #expect(echo.body.isEmpty)
        #expect(echo.header("Content-Type").isEmpty)
        #expect(echo.header("Content-Length") == (["GET", "DELETE"].contains(method) ? [] : ["0"]))
    }

    @Test func sendsALargeBodyWithoutAskingFirst() async throws {
        let body = [UInt8](repeating: UInt8(ascii: "b"), count: 3 << 20)
        let echo = try await echo(HTTPRequest(method: "POST", url: server.plain("/echo"), body: body))
        #expect(echo.body.utf8.count == body.count)
        #expect(echo.header("Expect").isEmpty)
    }

    @Test func readsHeadersWithoutCase() async throws {
        let response = try await client.execute(HTTPRequest(url: server.plain("/echo")))
        #expect(response.status == 200)
        #expect(response.headers["CONTENT-length"] == "\(response.body.count)")
        #expect(response.headers.all("x-Twice") == ["one", "two"])
        #expect(response.headers["x-empty"] == "")
        #expect(response.headers["x-missing"] == nil)
        #expect(response.httpVersion == .http1_1)
        #expect(response.remoteAddress == IPAddress("127.0.0.1"))
    }

    @Test func answersHeadWithoutABody() async throws {
        let response = try await client.execute(
            HTTPRequest(method: "HEAD", url: server.plain("/status?code=200"))
        )
        #expect(response.status == 200)
        #expect(response.body.isEmpty)
    }

    @Test(arguments: [204, 304, 401, 404, 429, 500, 503])
    func returnsEveryStatus(code: Int) async throws {
        let response = try await client.execute(
            HTTPRequest(method: "HEAD", url: server.plain("/status?code=\(code)"))
        )
        #expect(response.status == code)
    }

    @Test func showsOnlyTheFinalHeaders() async throws {
        let response = try await client.execute(HTTPRequest(url: server.plain("/interim")))
        #expect(response.text == "final")
        #expect(response.headers["X-Final"] == "yes")
        #expect(response.headers["X-Early"] == nil)
    }

    @Test func doesNotFollowRedirects() async throws {
        let response = try await client.execute(HTTPRequest(url: server.plain("/redirect")))
        #expect(response.status == 302)
        #expect(response.headers["Location"] == "/connection")
    }

    @Test func followsRedirectsWhenAsked() async throws {
        var request = HTTPRequest(url: server.plain("/redirect"), followsRedirects: true)
        #expect(try await client.execute(request).status == 200)
        request.url = server.plain("/redirect?to=file:///etc/passwd")
        #expect(await clientError { _ = try await client.execute(request) }?.code == .invalidResponse)
        request.url = server.plain("/redirect?to=/redirect")
        request.method = "POST"
        #expect(try await client.execute(request).status == 302)
    }

    @Test func decompresses() async throws {
        let response = try await client.execute(HTTPRequest(url: server.plain("/gzip?bytes=100000")))
        #expect(response.body.count == 100_000)
        let echo = try await echo(HTTPRequest(url: server.plain("/echo")))
        #expect(echo.header("Accept-Encoding") == ["gzip"])
    }

    @Test func keepsConnections() async throws {
        let first = try await client.execute(HTTPRequest(url: server.plain("/connection")))
        let second = try await client.execute(HTTPRequest(url: server.plain("/connection")))
        #expect(first.text == second.text)
    }

    @Test func multiplexesOverHTTP2() async throws {
        let client = HTTPClient.forTest(.init(maxTransfersPerHost: 200, maxConnectionsPerHost: 2))
        let first = try await client.execute(server.trusted("/", port: "http2"))
        #expect(first.httpVersion == .http2)
        let request = server.trusted("/", port: "http2")
        let connections = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<150 { group.addTask { try await client.execute(request).text } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(connections.count <= 2)
    }

    @Test func usesHTTP1WhenHTTP2IsOff() async throws {
        let client = HTTPClient.forTest(.init(allowsHTTP2: false))
        let response = try await client.execute(server.trusted("/connection"))
        #expect(response.httpVersion == .http1_1)
    }

    /// In a process of its own, as the environment belongs to all tests.
    @Test func ignoresTheEnvironmentsProxy() async {
        await #expect(processExitsWith: .success) {
            for name in ["http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
                setenv(name, "http://127.0.0.1:1", 1)
            }
            let server = try TestServer.started()
            let client = HTTPClient.forTest()
            _ = try await client.execute(HTTPRequest(url: server.plain("/connection")))
            _ = try await client.execute(server.trusted("/connection"))
        }
    }

    @Test func usesAProxyWhenAsked() async throws {
        let viaProxy = try await echo(
            HTTPRequest(url: "http://nowhere.invalid/echo", proxy: "http://127.0.0.1:\(server.port("plain"))")
        )
        #expect(viaProxy.target == "http://nowhere.invalid/echo")
    }
}
