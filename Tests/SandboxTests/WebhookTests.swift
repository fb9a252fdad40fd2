import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

@testable import Sandbox

@Suite("Webhook receiver", .timeLimit(.minutes(1))) struct WebhookTests {
    private let account: CustomerAccount
    private let time = TestTime()

    init() throws {
        account = try .test()
    }

    /// Made with another implementation: `printf '1800000000.{"a":1}' | openssl dgst -sha256 -hmac whsec_test`.
    private static let signature =
        "t=1800000000,v1=7de5e6bbc99c65ef0ddccacd4308ba03a5a12eb8859a0db070c5ca731c4fdc19"

    private static let cases: [(String?, String, String?, Double, WebhookSignature.Verdict)] = [
        (signature, "{\"a\":1}", "whsec_test", 0, .verified),
        (signature, "{\"a\":1}", "whsec_test", 299, .verified),
        (signature, "{\"a\":1}", "whsec_test", 301, .tooOld),
        (signature, "{\"a\":2}", "whsec_test", 0, .wrong),
        (signature, "{\"a\":1}", "whsec_other", 0, .wrong),
        (signature, "{\"a\":1}", nil, 0, .noSecret),
        (nil, "{\"a\":1}", "whsec_test", 0, .missing),
        ("t=1800000000", "{\"a\":1}", "whsec_test", 0, .unreadable),
        ("t=1800000000,v1=abc", "{\"a\":1}", "whsec_test", 0, .unreadable),
        ("", "{\"a\":1}", "whsec_test", 0, .unreadable),
    ]

    @Test(arguments: cases)
    func judges(
        _ field: String?,
        body: String,
        secret: String?,
        later: Double,
        as verdict: WebhookSignature.Verdict
    ) {
        let now = 1_800_000_000 + later
        #expect(WebhookSignature.verdict(field, body: Array(body.utf8), secret: secret, at: now) == verdict)
    }

    @Test func keepsWhatItIsSentAndAnswersAsItWasTold() async throws {
        let time = time
        let server = SandboxServer(account: account, now: { time.now })
        // Senders reach it without TLS, beside AWS's APIs; it is set and read over TLS.
        try await Application(router: server.awsRouter).test(.router) { sender in
            try await Application(router: server.router).test(.router) { customer in
                func post(_ body: String, signature: String? = nil) async throws -> Int {
                    var headers: HTTPFields = [:]
                    if let name = HTTPField.Name(WebhookSignature.header) { headers[name] = signature }
                    return try await sender.execute(
                        uri: "/sandbox/webhooks/hook",
                        method: .post,
                        headers: headers,
                        body: ByteBuffer(string: body)
                    ) { Int($0.status.code) }
                }
                func set(_ body: String) async throws -> Int {
                    try await customer.execute(
                        uri: "/sandbox/webhooks/hook",
                        method: .put,
                        body: ByteBuffer(string: body)
                    ) { Int($0.status.code) }
                }
                #expect(try await post("{}") == 204)
                #expect(try await set("{\"secret\":\"whsec_test\",\"status\":500}") == 200)
                #expect(try await post("{\"a\":1}", signature: Self.signature) == 500)
                // What is left out stays, and null takes away.
                let later = Timestamp.text(Date(timeIntervalSince1970: time.now + 60))
                #expect(try await set("{\"status\":null,\"down_until\":\"\(later)\"}") == 200)
                #expect(try await post("{\"a\":1}", signature: Self.signature) == 503)
                time.pass(61)
                #expect(try await post("{\"a\":2}", signature: Self.signature) == 204)
                for body in [
                    "{\"status\":99}", "{\"secret\":\"\"}", "{\"other\":1}", "[]",
                    "{\"down_until\":\"soon\"}",
                ] {
                    #expect(try await set(body) == 400)
                }
                #expect(try await post(String(repeating: "x", count: WebhookRoutes.bodyLimit + 1)) == 413)
                try await customer.execute(uri: "/sandbox/webhooks/hook", method: .get) { response in
                    let data = Data(response.body.readableBytesView)
                    let answer = try JSONDecoder().decode(JSON.self, from: data)
                    let received = answer["received"]?.array ?? []
                    #expect(
                        received.map { $0["signature"]?.string } == [
                            "no_secret", "verified", "verified", "wrong",
                        ]
                    )
                    #expect(received.map { $0["verified"]?.boolean } == [nil, true, true, false])
                    #expect(received.map { $0["answered"]?.number } == [204, 500, 503, 204])
                    #expect(received.last?["body"]?.string == "{\"a\":2}")
                    let header = WebhookSignature.header.lowercased()
                    #expect(received.last?["headers"]?[header]?.string == Self.signature)
                    #expect(!String(decoding: data, as: UTF8.self).contains("whsec_test"))
                }
                try await customer.execute(uri: "/sandbox/webhooks/other", method: .get) { response in
                    #expect(response.status == .notFound)
                }
            }
        }
    }

    @Test func keepsNoMoreThanItsLimits() {
        let book = WebhookBook()
        for number in 0..<(WebhookBook.limit + 10) {
            _ = book.receive("one", headers: [], body: Array("\(number)".utf8), at: 0)
        }
        let kept = book.receiver("one")?.deliveries ?? []
        #expect(kept.count == WebhookBook.limit && kept.last?.number == WebhookBook.limit + 10)
        for number in 0..<WebhookBook.names {
            _ = book.receive("other-\(number)", headers: [], body: [], at: 0)
        }
        #expect(book.receive("too-many", headers: [], body: [], at: 0) == 507)
        #expect(book.receiver("too-many") == nil)
    }
}
