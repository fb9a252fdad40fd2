import FoundationEssentials
import Store
import TestKit
import Testing

@Suite("Notification channels", .timeLimit(.minutes(1))) struct NotificationTests {
    private func body(_ kind: String, _ target: String, more: String = "") -> String {
        #"{"name":"ops","kind":"\#(kind)","target":"\#(target)"\#(more)}"#
    }

    @Test func areMadeShownChangedAndDeletedWithoutTheirSecrets() async throws {
        try await TestAPI.with { api in
            let customer = #","customer_id":"\#(try await api.customer().text)""#
            let made = try await api.send(
                "POST",
                "admin/notification-channels",
                body("webhook", "https://example.com/hook-path?q=1", more: customer)
            )
            #expect(made.status == 201)
            let secret = try #require(made.string("signing_secret"))
            #expect(secret.hasPrefix("whsec_"))
            #expect(made.string("target") == "https://example.com:443/…")
            let path = "admin/notification-channels/\(try #require(made.string("channel_id")))"
            for answer in [
                try await api.send("GET", path), try await api.send("GET", "admin/notification-channels"),
                try await api.send("PUT", path, #"{"name":"other","kinds":["pods_lost"]}"#),
            ] {
                #expect(answer.status == 200)
                #expect(!answer.text.contains("hook-path"))
                #expect(!answer.text.contains(secret))
            }
            let tested = try await api.send("POST", path + "/test")
            #expect(tested.status == 202)
            let listed = try await api.send("GET", "notifications?state=pending")
            #expect(listed.text.contains(try #require(tested.string("event_id"))))
            let retried = try await api.send("POST", path + "/retry")
            #expect(retried.status == 202)
            #expect(retried.text.contains(#""retried":0"#))
            let rotated = try await api.send("PUT", path, #"{"rotate_secret":true}"#)
            #expect(rotated.string("signing_secret") != secret)
            #expect(try await api.send("DELETE", path).status == 204)
            #expect(try await api.send("GET", path).status == 404)
            #expect(try await api.send("GET", "notifications").text.contains(#""state":"dropped""#))
        }
    }

    @Test(arguments: [
        ("slack", "http://hooks.slack.com/x"), ("webhook", "https://127.0.0.1/x"),
        ("webhook", "http://8.8.8.8"),
        ("webhook", "https://169.254.169.254/latest"), ("webhook", "https://user:pass@example.com/"),
        ("email", "nobody"), ("email", "a@b.c>,<d@e.f"), ("pager", "x"),
    ])
    func areRefusedWhereNothingMayBeSent(kind: String, target: String) async throws {
        try await TestAPI.with { api in
            let customer = #","customer_id":"\#(try await api.customer().text)""#
            let answer = try await api.send(
                "POST",
                "admin/notification-channels",
                body(kind, target, more: customer)
            )
            #expect(answer.status == 400)
            #expect(["target", "kind"].contains(answer.string("error", "details", "field")))
        }
    }

    @Test func belongToTheirCustomer() async throws {
        try await TestAPI.with { api in
            let (mine, other) = (try await api.customer(), try await api.customer())
            let key = try await api.key(.admin, customer: other)
            let made = try await api.send(
                "POST",
                "admin/notification-channels",
                body("email", "ops@example.com", more: #","customer_id":"\#(mine.text)""#)
            )
            let path = "admin/notification-channels/\(try #require(made.string("channel_id")))"
            _ = try await api.send("POST", path + "/test")
            for (method, path, text) in [
                ("GET", path, nil), ("PUT", path, "{}"), ("DELETE", path, nil), ("POST", path + "/test", nil),
                ("POST", path + "/retry", nil),
                ("GET", "notifications?customer_id=\(mine.text)", nil),
            ] as [(String, String, String?)] {
                #expect(try await api.send(method, path, text, key: key).status == 404)
            }
            #expect(try await !api.send("GET", "notifications", key: key).text.contains("event_id"))
            #expect(try await api.send("GET", "notifications").text.contains("event_id"))
        }
    }
}
