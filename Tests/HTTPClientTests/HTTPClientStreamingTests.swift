import HTTPClient
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPClientStreamingTests {
    let server: TestServer
    let client = HTTPClient.forTest()

    init() throws { server = try TestServer.started() }

    private struct Enough: Error {}

    @Test(arguments: [0, 1, 65_536, 20_000_000])
    func handsOverEveryByte(size: Int) async throws {
        var received = 0
        let request = HTTPRequest(url: server.plain("/big?bytes=\(size)"), bodyLimit: 30_000_000)
        let response = try await client.execute(request) { head, chunk in
            #expect(head.status == 200)
            #expect(!chunk.isEmpty)
            #expect(chunk.allSatisfy { $0 == UInt8(ascii: "x") })
            received += chunk.count
        }
        #expect(received == size)
        #expect(response.body.isEmpty)
        #expect(response.status == 200)
    }

    @Test func handsOverADecompressedBody() async throws {
        var received = 0
        let request = HTTPRequest(url: server.plain("/gzip?bytes=30000000"), bodyLimit: 30_000_000)
        _ = try await client.execute(request) { _, chunk in received += chunk.count }
        #expect(received == 30_000_000)
    }

    /// The server sends 200 MB at most as fast as they are taken: with the first chunk in hand it must get stuck.
    @Test func holdsTheServerBack() async throws {
        let size = 200_000_000
        let probe = HTTPClient.forTest()
        let request = HTTPRequest(url: server.plain("/big?bytes=\(size)"), bodyLimit: size)
        var sent: [Int] = []
        do {
            _ = try await client.execute(request) { _, _ in
                while sent.count < 2 || sent[sent.count - 1] != sent[sent.count - 2] {
                    try await Task.sleep(for: .milliseconds(200))
                    let count = HTTPRequest(url: server.plain("/count?of=/big-sent"))
                    sent.append(Int(try await probe.execute(count).text) ?? 0)
                }
                throw Enough()
            }
        } catch is Enough {}
        #expect(try #require(sent.last) < size / 4)
    }

    @Test func endsWhenTheConsumerThrows() async throws {
        await #expect(throws: Enough.self) {
            _ = try await client.execute(HTTPRequest(url: server.plain("/drip"))) { _, _ in throw Enough() }
        }
        #expect(try await client.execute(HTTPRequest(url: server.plain("/connection"))).status == 200)
    }

    @Test func limitsTheSum() async throws {
        let request = HTTPRequest(url: server.plain("/big?bytes=2000000"), bodyLimit: 1_000_000)
        #expect(
            await clientError { _ = try await client.execute(request) { _, _ in } }?.code == .bodyTooLarge
        )
    }

    @Test func reportsATruncatedBody() async throws {
        let request = HTTPRequest(url: server.plain("/truncated"))
        #expect(
            await clientError { _ = try await client.execute(request) { _, _ in } }?.code == .connectionLost
        )
    }

    @Test func endsOnCancellation() async throws {
        let url = server.plain("/drip")
        let task = Task {
            var hasBegun = false
            return await clientError {
                _ = try await client.execute(HTTPRequest(url: url)) { _, _ in
                    if !hasBegun { withUnsafeCurrentTask { $0?.cancel() } }
                    hasBegun = true
                }
            }
        }
        #expect(await task.value?.code == .cancelled)
    }
}
