import Foundation
import HTTPClient
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPTraceTests {
    private static let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    let server: TestServer
    let client = HTTPClient.forTest()

    init() throws { server = try TestServer.started() }

    private func traces(of headers: [(String, String)] = []) async throws -> [String] {
        struct Echo: Decodable { let headers: [[String]] }
        let response = try await client.execute(HTTPRequest(url: server.plain("/echo"), headers: headers))
        return try JSONDecoder().decode(Echo.self, from: Data(response.body)).headers
            .filter { $0[0].lowercased() == "traceparent" }.map { $0[1] }
    }

    @Test func sendsTheTraceOfTheTask() async throws {
        #expect(try await traces() == [])
        try await HTTPTrace.$traceparent.withValue(Self.trace) { () async throws in
            #expect(try await traces() == [Self.trace])
            async let child = traces()
            let sent = try await child
            #expect(sent == [Self.trace])
        }
        #expect(try await traces() == [])
    }

    @Test func leavesTheRequestsOwn() async throws {
        try await HTTPTrace.$traceparent.withValue(Self.trace) { () async throws in
            #expect(try await traces(of: [("Traceparent", "own")]) == ["own"])
        }
    }
}
